// How the runner reaches into an exchange: two policies of its own that stand around what is
// tested, and an eye on the client's connection.
//
//   test-attributes  a step, or a plan that is asked first and never chosen: sets the case's
//                    attributes
//   test-reached     a step behind the tested one: tells that it was reached
//
// The exchange is looked at when bytes of its answer leave: nothing changes it any more, and all
// that its attributes refer to is alive.
#pragma once

#include <memory>

#include "net/stream.hpp"
#include "policy/catalog.hpp"
#include "tests/compat/compare.hpp"

namespace perigee::compat {

class Probe {
 public:
  // Policies are made from their configuration alone: they find their probe here.
  static Probe& here();

  // Before a request. The views outlive it.
  struct Plan {
    std::vector<Json> attributes;     // objects, later ones win
    std::vector<std::string> wanted;  // attributes to be looked at
  };
  void begin(Plan plan);
  // What became known of it: Seen::continues, failure, warnings and attributes.
  Seen take();

  // Of the policies and of the connection.
  void watch(policy::Exchange& exchange);
  void unwatch() { exchange_ = nullptr; }
  void set_attributes(policy::Exchange& exchange) const;
  void reached() { reached_ = true; }
  void look();

 private:
  Plan plan_;
  policy::Exchange* exchange_ = nullptr;
  bool reached_ = false;
  Seen seen_;
};

// The gateway's policies, and those two.
const policy::Catalog& catalog();

// `stream` is the gateway's end of a client's connection.
std::unique_ptr<net::Stream> watched(std::unique_ptr<net::Stream> stream);

}  // namespace perigee::compat
