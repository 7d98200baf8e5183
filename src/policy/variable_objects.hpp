// What expressions see as maps: headers, query parameters, attributes, properties, dictionaries,
// parameters of a failure (expression-language.md section 2).
//
// The objects are made in the arena `into` and refer to what they show: both must outlive them.
#pragma once

#include <string_view>
#include <vector>

#include "http/headers.hpp"
#include "policy/exchange.hpp"

namespace perigee::policy {

// All values of one name, in order; absent without any.
el::Value header_values(const http::Headers& headers, const http::HeaderName& name, Arena& into);
el::Value first_header(const http::Headers& headers, const http::HeaderName& name);
el::Value query_values(std::string_view query, std::string_view name, Arena& into);
el::Value first_query_value(std::string_view query, std::string_view name);
// A list of the one text that is called so.
el::Value values_of_one(const Attributes& values, std::string_view name, Arena& into);
el::Value dictionary(const Dictionaries& all, std::string_view name, Arena& into);
el::Value parameter(const Failure& failure, std::string_view name);

el::Value headers_object(const http::Headers& headers, Arena& into);
el::Value query_object(std::string_view query, Arena& into);
// Attributes whose values are single texts, seen as a multi-map (path parameters).
el::Value single_values_object(const Attributes& values, Arena& into);
el::Value name_values_object(const std::vector<NameValue>& values, Arena& into);
el::Value dictionaries_object(const Dictionaries& all, Arena& into);
el::Value parameters_object(const Failure& failure, Arena& into);

}  // namespace perigee::policy
