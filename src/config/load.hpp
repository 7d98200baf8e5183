// Everything configured, in one call: settings, effective values, and every problem at once.
//
//   Loaded loaded = load(Sources::of_process(definitions));
//   if (loaded.fatal()) ...   // the gateway must not start; exit code 1
#pragma once

#include "config/diagnostic.hpp"
#include "config/settings.hpp"
#include "config/source.hpp"
#include "config/tree.hpp"

namespace perigee::config {

struct Loaded {
  Settings settings;
  Tree tree;
  Diagnostics diagnostics;

  bool fatal() const { return any_fatal(diagnostics); }
};

Loaded load(const Sources& sources);

}  // namespace perigee::config
