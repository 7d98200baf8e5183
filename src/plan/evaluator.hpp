// Evaluates the texts of an endpoint, once, when it is made, and reads its files. Internal to plan.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "el/variables.hpp"
#include "plan/compile_parts.hpp"

namespace perigee::plan {

// What an endpoint's expressions may read when it is made: the API and its properties.
class DeploymentVariables final : public el::Variables {
 public:
  DeploymentVariables(const policy::ApiInfo& api, const Clock& clock) : api_(api), clock_(clock) {}
  const Clock& clock() const override { return clock_; }
  el::Value read(const el::Reference& reference, Arena& arena) const override;
  std::string why_failed(const el::Reference&) const override { return api_.properties_fault; }

 private:
  const policy::ApiInfo& api_;
  const Clock& clock_;
};

class Evaluator {
 public:
  explicit Evaluator(const Compilation& compilation)
      : variables_(compilation.revision.info, compilation.context.clock),
        files_(compilation.revision.files) {}

  // `what` it is, for errors. Those of a secret do not show its source.
  Result<std::string> text(std::string_view source, std::string_view what);
  Result<std::string> secret(std::string_view source, std::string_view what);
  Result<std::string> file(const std::string& path);

 private:
  Result<std::string> evaluate(std::string_view source);
  DeploymentVariables variables_;
  std::vector<SourceFile>& files_;
  Arena arena_;
};

}  // namespace perigee::plan
