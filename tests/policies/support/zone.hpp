// The machine's time zone, for as long as this lives.
#pragma once

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace perigee::policies::testing {

class InZone {
 public:
  explicit InZone(const std::string& name) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    setenv("TZ", name.c_str(), 1);
    tzset();
  }
  ~InZone() {
    if (before_) {
      setenv("TZ", before_->c_str(), 1);
    } else {
      unsetenv("TZ");
    }
    tzset();
  }
  InZone(const InZone&) = delete;
  InZone& operator=(const InZone&) = delete;

 private:
  std::optional<std::string> before_;
};

}  // namespace perigee::policies::testing
