// FileWatch: tells when one of a few files has become another one.
//
// It looks every two seconds and follows links, so that atomic renames and the `..data` swap of
// mounted ConfigMaps and Secrets are changes like any other, on every file system. A folder counts
// by the files in it. Lives on one reactor.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "net/reactor.hpp"

namespace perigee::apps {

class FileWatch {
 public:
  static constexpr Duration kInterval = 2s;

  FileWatch(net::Reactor& reactor, std::vector<std::string> paths, std::function<void()> changed);

 private:
  void look();
  // What stat() says of each path and of what is in it, as text.
  std::string state() const;

  net::Reactor& reactor_;
  std::vector<std::string> paths_;
  std::function<void()> changed_;
  std::string seen_;
  net::Timer timer_;
};

}  // namespace perigee::apps
