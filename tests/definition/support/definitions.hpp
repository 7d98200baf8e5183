// A small v4 definition whose parts can be varied, and matchers for the problems of reading one.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "definition/read.hpp"

namespace perigee::definition {

// Members to be added to each object of the definition, as JSON text: R"("weight": 3)". Of a member
// that stands there already the new one counts.
struct Slots {
  std::string_view top, listener, path, entrypoint, group, shared, endpoint, target, own, plan,
      security, flow, selector, step;
};
std::string definition(const Slots& slots);
// An object of `members` and those added to them.
std::string json_object(std::string_view members, std::string_view added);

// The pointers under which the parts of that definition stand.
inline constexpr std::string_view kListener = "/listeners/0";
inline constexpr std::string_view kGroup = "/endpointGroups/0";
inline constexpr std::string_view kEndpoint = "/endpointGroups/0/endpoints/0";
inline constexpr std::string_view kPlan = "/plans/0";
inline constexpr std::string_view kFlow = "/flows/0";
inline constexpr std::string_view kStep = "/flows/0/request/0";

std::vector<Problem> errors(const std::vector<Problem>& problems);
// Without those about members that stand twice, which Slots cause.
std::vector<Problem> warnings(const std::vector<Problem>& problems);
std::string printed(const std::vector<Problem>& problems);

// The Api of a definition that must have no error.
Api api_of(const Slots& slots);

inline void PrintTo(const Problem& problem, std::ostream* to) { *to << to_string(problem); }

inline auto problem_is(std::string_view pointer, std::string_view part_of_message) {
  return testing::AllOf(testing::Field("pointer", &Problem::pointer, std::string(pointer)),
                        testing::Field("message", &Problem::message,
                                       testing::HasSubstr(std::string(part_of_message))));
}

}  // namespace perigee::definition
