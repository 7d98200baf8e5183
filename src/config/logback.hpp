// <home>/config/logback.xml (runtime.md 2.10): the levels, whether lines are JSON or a pattern, the
// pattern, and whether they also go to a file. Everything else in it is told in one line.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/diagnostic.hpp"
#include "config/settings.hpp"
#include "config/source.hpp"

namespace perigee::config {

// What `${name}` stands for; absent: nothing.
using LogbackNames = std::function<std::optional<std::string>(const std::string& name)>;

// Sets what `xml` says. A text that is no XML leaves `log` as it is, with an error: the gateway
// starts with its default log.
void parse_logback(const std::string& path, std::string_view xml, const LogbackNames& names,
                   Log& log, Diagnostics& diagnostics);

// The same with the file below `home`, when there is one.
void read_logback(const Sources& sources, const std::string& home, const LogbackNames& names,
                  Log& log, Diagnostics& diagnostics);

}  // namespace perigee::config
