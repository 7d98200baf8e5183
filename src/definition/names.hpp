// The names of enumerators in documents: labels (`round-robin`) and Java names (`ROUND_ROBIN`), in
// any letter case. A table has each as documents write it, for messages; its index is the
// enumerator's value.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/nearest.hpp"
#include "definition/model.hpp"

namespace perigee::definition {

using Names = std::span<const std::string_view>;

// Stands first in the table of an enumeration that has an enumerator for unknown names.
inline constexpr std::string_view kNoneOfThem = "unknown";

inline constexpr std::array<std::string_view, 8> kApiTypeNames{
    "proxy", "message", "native", "llm-proxy", "mcp-proxy", "a2a-proxy", "edge", "authz"};
inline constexpr std::array<std::string_view, 2> kHttpVersionNames{"HTTP_1_1", "HTTP_2"};
inline constexpr std::array<std::string_view, 4> kStoreTypeNames{"NONE", "PEM", "PKCS12", "JKS"};
inline constexpr std::array<std::string_view, 3> kProxyTypeNames{"HTTP", "SOCKS4", "SOCKS5"};
inline constexpr std::array<std::string_view, 4> kLoadBalancerNames{
    "round-robin", "random", "weighted-round-robin", "weighted-random"};
inline constexpr std::array<std::string_view, 2> kPathOperatorNames{"STARTS_WITH", "EQUALS"};
inline constexpr std::array<std::string_view, kMethodCount> kMethodNames{
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "OTHER"};
inline constexpr std::array<std::string_view, 2> kFlowModeNames{"default", "best-match"};
inline constexpr std::array<std::string_view, 2> kPlanModeNames{"standard", "push"};
inline constexpr std::array<std::string_view, 5> kPlanStatusNames{
    kNoneOfThem, "staging", "published", "deprecated", "closed"};

// Lower case, `_` as `-`, without blanks around it: the form in which names are compared.
std::string normalised(std::string_view name);

// Index of `name` in `names`, or npos. Compared in normalised form.
inline constexpr std::size_t kNoName = static_cast<std::size_t>(-1);
std::size_t index_of(std::string_view name, Names names);

std::string_view to_string(LoadBalancer value);
std::string_view to_string(Method value);
std::string_view to_string(PlanStatus value);
std::string_view to_string(StoreType value);

}  // namespace perigee::definition
