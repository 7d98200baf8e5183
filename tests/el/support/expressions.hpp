// Cases of the expression language as expression-language.md section 9 describes them. Shared by
// the test of el and by compat-runner.
#pragma once

#include <string>

#include "base/json.hpp"

namespace perigee::el::test {

struct CaseResult {
  enum class Kind : std::uint8_t { passed, failed, skipped };
  Kind kind = Kind::passed;
  std::string why;  // skipped: what this version refuses at compile
};

// `contexts` are those of the file.
CaseResult run_case(Json test, Json contexts);

}  // namespace perigee::el::test
