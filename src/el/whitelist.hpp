// Entries of `el.whitelist.list`: "class C", "method C name argtype...", "new C argtype...".
//
// What expressions may call here is a fixed safe set, so an entry neither adds to it nor takes from
// it; whoever configured one that this set does not cover is to be told.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace perigee::el {

// One text for each entry that names a type this version does not implement, or that is no entry.
std::vector<std::string> whitelist_problems(std::span<const std::string> entries);

}  // namespace perigee::el
