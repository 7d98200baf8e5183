#include "plan/source_files.hpp"

#include <functional>

#include "base/file.hpp"

namespace perigee::plan {

Result<std::string> read_source_file(const std::string& path) {
  Result<std::string> bytes = read_file(path, kSourceFileBytesMax);
  if (bytes) return bytes;
  return fail(ErrorCode::not_found,
              "the file '" + path + "' cannot be read (" + bytes.error().message + ")");
}

SourceFile seen_as(const std::string& path, const Result<std::string>& bytes) {
  if (!bytes) return {path, 0};
  return {path, std::hash<std::string>()(*bytes) | 1};
}

}  // namespace perigee::plan
