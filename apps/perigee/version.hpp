// Facts of this build.
#pragma once

#include <string>
#include <string_view>

namespace perigee::apps {

std::string_view version();   // "0.1.0"
std::string_view revision();  // of git
std::string_view compiler();  // "clang/19.1.7"
std::string version_text();   // what --version prints

}  // namespace perigee::apps
