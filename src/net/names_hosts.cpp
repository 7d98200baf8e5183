#include <fstream>

#include "base/ascii.hpp"
#include "net/names_dns.hpp"

namespace perigee::net {

namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr std::size_t kNamesMax = 100'000;  // ad-block lists have some ten thousands

std::string_view next_word(std::string_view& line) {
  std::size_t from = line.find_first_not_of(kBlank);
  if (from == line.npos) return line = {};
  std::size_t to = std::min(line.find_first_of(kBlank, from), line.size());
  std::string_view word = line.substr(from, to - from);
  line.remove_prefix(to);
  return word;
}

}  // namespace

std::vector<Address> HostsFile::find(const std::string& name) {
  if (changed()) read();
  auto found = names_.find(name.ends_with('.') ? name.substr(0, name.size() - 1) : name);
  return found == names_.end() ? std::vector<Address>{} : found->second;
}

bool HostsFile::changed() {
  struct stat now{};
  if (::stat(path_.c_str(), &now) != 0) now = {};  // a missing file is an empty one
  bool same = now.st_mtim.tv_sec == modified_.tv_sec && now.st_mtim.tv_nsec == modified_.tv_nsec &&
              now.st_size == bytes_ && now.st_ino == inode_;
  modified_ = now.st_mtim;
  bytes_ = now.st_size;
  inode_ = now.st_ino;
  return !same;
}

void HostsFile::read() {
  names_.clear();
  std::ifstream file(path_);
  for (std::string line; names_.size() < kNamesMax && std::getline(file, line);) read_line(line);
}

void HostsFile::read_line(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::optional<Address> address = Address::literal(next_word(line), 0);
  if (!address) return;
  for (std::string_view name = next_word(line); !name.empty(); name = next_word(line)) {
    names_[ascii_lower(name)].push_back(*address);
  }
}

}  // namespace perigee::net
