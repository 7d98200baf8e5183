// Variables read from a plain JSON object, for tests and for trying expressions outside of a
// gateway.
//
//   {"request": {"method": "GET", "headers": {"X-A": ["v"]}, "content": "..", "params": {..}},
//    "context": {"attributes": {..}}, "api": {..}, "properties": {..}, "anything": ..}
//
// Top-level members are the variables. headers, params, pathParams and certificate attributes map a
// name to a list; every other member is what it is.
#pragma once

#include "el/variables.hpp"

namespace perigee::el {

class JsonVariables final : public Variables {
 public:
  // `context` and `clock` outlive this.
  JsonVariables(Json context, const Clock& clock) : context_(context), clock_(clock) {}

  Value read(const Reference& reference, Arena& arena) const override;
  const Clock& clock() const override { return clock_; }

 private:
  Json owner_of(Bean bean) const;
  Json find(Access access) const;
  Value container(Access access, Arena& arena) const;
  Value keyed_value(Access container, const Reference& reference, bool is_first,
                    Arena& arena) const;
  Value parsed(Access content) const;

  Json context_;
  const Clock& clock_;
};

}  // namespace perigee::el
