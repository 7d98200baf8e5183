// Files that definitions name: the trust stores and keys of endpoints.
//
// They are read on the build thread, when an API is compiled. What was read is noted in its
// revision, so that a file that has become another one can be told (Deployments::refresh_files).
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace perigee::plan {

struct SourceFile {
  std::string path;
  std::size_t fingerprint = 0;  // of its bytes; 0: it could not be read
  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

inline constexpr std::size_t kSourceFileBytesMax = 4 << 20;

// At most kSourceFileBytesMax, without waiting. An error names the path.
Result<std::string> read_source_file(const std::string& path);
SourceFile seen_as(const std::string& path, const Result<std::string>& bytes);

}  // namespace perigee::plan
