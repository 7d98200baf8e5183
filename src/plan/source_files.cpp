#include "plan/source_files.hpp"

#include <fstream>
#include <functional>
#include <sstream>

namespace perigee::plan {

Result<std::string> read_source_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file || !bytes) return fail(ErrorCode::not_found, "the file '" + path + "' cannot be read");
  return std::move(bytes).str();
}

SourceFile seen_as(const std::string& path, const Result<std::string>& bytes) {
  if (!bytes) return {path, 0};
  return {path, std::hash<std::string>()(*bytes) | 1};
}

}  // namespace perigee::plan
