// Where lines go and how they look, for who starts the log and wants more than stdout and the
// default pattern. Who only writes lines needs log.hpp.
#pragma once

#include <optional>
#include <string>

#include "base/log.hpp"
#include "base/log_pattern.hpp"

namespace perigee::log {

struct Outputs {
  std::optional<Pattern> pattern;  // absent: the default one. Format::json needs none
  bool console = true;             // Settings::fd
  std::string directory;           // of the rolling files; empty: no file
};

void start(Settings settings, Outputs outputs);

}  // namespace perigee::log
