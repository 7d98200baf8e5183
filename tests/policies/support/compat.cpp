#include "tests/policies/support/compat.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace perigee::policies::testing {

std::filesystem::path compat_dir() {
  const char* told = std::getenv("PERIGEE_COMPAT_DIR");
  if (told && *told) return told;
  return std::filesystem::path(__FILE__).parent_path() / "../../../../shared/compat";
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace perigee::policies::testing
