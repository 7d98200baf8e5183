// The names of variables and properties, and how they become an Access. Internal to el.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "el/variables.hpp"

namespace perigee::el {

struct AccessInfo {
  Bean owner;             // none: a variable itself
  std::string_view name;  // as written in expressions
  Access access;
  Bean bean = Bean::none;  // what it gives, when that is a bean
};

// `#name`; null when the name is not one of ours.
const AccessInfo* find_variable(std::string_view name);
// `owner.name`; null when there is no such property.
const AccessInfo* find_property(Bean owner, std::string_view name);
// The properties of `owner`; of Bean::none the variables.
std::vector<std::string_view> names_in(Bean owner);
// Name and owner of an access of the table; null for keyed ones.
const AccessInfo* info_of(Access access);
// Single values of a certificate's principal (cn, ou, ..).
bool is_principal_value(std::string_view name);

// request_headers -> request_header -> request_header_first; none when there is no such step.
Access keyed(Access container);
Access first_of(Access keyed);
bool is_header(Access access);

std::string_view name_of(Bean bean);

}  // namespace perigee::el
