#include "base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace perigee {

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return fail(ErrorCode::not_found, std::string("cannot be opened: ") + std::strerror(errno));
  std::string bytes;
  char block[64 * 1024];
  ssize_t got = 0;
  while ((got = read(fd, block, sizeof block)) > 0 && bytes.size() <= bytes_max)
    bytes.append(block, static_cast<std::size_t>(got));
  int error = errno;
  close(fd);
  if (got < 0)
    return fail(ErrorCode::other, std::string("cannot be read: ") + std::strerror(error));
  if (bytes.size() > bytes_max)
    return fail(ErrorCode::limit, "is longer than " + std::to_string(bytes_max) + " bytes");
  return bytes;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace perigee
