// The subcommands. Each adds itself to the command line; run() gives the exit code.
//
// Exit codes of all of them: 0 done, 1 failed (bad configuration, a port in use, a check that found
// errors), 2 wrong usage.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace perigee::apps {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;

using Run = std::function<int()>;
Run add_gateway(CLI::App& app);
Run add_check(CLI::App& app);
Run add_echo(CLI::App& app);

}  // namespace perigee::apps
