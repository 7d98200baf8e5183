// The compatibility data: PERIGEE_COMPAT_DIR, else the folder `compat` of the shared one beside the
// clone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace perigee::policies::testing {

std::filesystem::path compat_dir();
std::string content_of(const std::filesystem::path& path);

}  // namespace perigee::policies::testing
