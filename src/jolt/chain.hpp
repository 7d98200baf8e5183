// Chain: a compiled JOLT specification. Immutable; copies share the operations.
//
//   TRY(auto chain, jolt::Chain::compile(R"([{"operation": "shift", "spec": {"a": "b"}}])"));
//   TRY(std::string made, chain.transform(R"({"a": 1})", {}));   // {"b":1}
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace perigee::jolt {

inline constexpr std::size_t kSpecificationBytesMax = 256 * 1024;
inline constexpr std::size_t kSpecificationDepthMax = 64;
inline constexpr std::size_t kOperationsMax = 100;

// Of one transformation.
struct Limits {
  std::size_t result_bytes_max = 10 << 20;
  std::size_t steps_max = 5'000'000;
  std::size_t built_bytes_max = 64 << 20;
};

class Operation;

class Chain {
 public:
  // An Error says where in the specification and what was expected.
  static Result<Chain> compile(std::string_view specification);
  // Errors: the input is no JSON (ErrorCode::invalid), a limit, or what an operation says.
  Result<std::string> transform(std::string_view json, const Limits& limits) const;

 private:
  struct Data;
  explicit Chain(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

}  // namespace perigee::jolt
