// LocalFolder: API definitions from the *.json files of one directory (api-definition.md 7.5).
//
// Lives on the build thread. Changes are seen by inotify, which names the files to look at, and by
// a look at the whole folder every few seconds where inotify does not tell; atomic renames and the
// `..data` swap of mounted ConfigMaps and Secrets are changes like any other. A file that is being
// written is judged when it has been still for a moment; until a new content is accepted the old
// one serves. Between files the thread yields.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "definition/envelope.hpp"
#include "net/reactor.hpp"
#include "plan/deployments.hpp"

namespace perigee::sync {

class LocalFolder final : private net::Source {
 public:
  struct Options {
    std::string path;
    definition::ReadOptions read;
    Duration poll_interval = 5s;
    // What is no JSON and younger than this is looked at again before it is judged.
    Duration settle_time = 500ms;
    Duration slice = 5ms;               // work between yields
    Duration publish_interval = 100ms;  // while many files are read
  };
  // What is logged of a folder that is not there.
  static std::string unreadable(const Options& options, int error);

  // `first_round_done` is called once, when every file that was there at the start was applied or
  // refused.
  LocalFolder(net::Reactor& build, plan::Deployments& deployments, Options options,
              std::function<void()> first_round_done);
  ~LocalFolder();

  void start();
  std::uint64_t rounds() const { return rounds_; }  // looks

 private:
  struct Seen {
    std::uint64_t device = 0, inode = 0, bytes = 0;
    std::int64_t modified_ns = 0, changed_ns = 0;
    bool operator==(const Seen&) const = default;
  };
  struct File {
    Seen seen;
    Instant since{};         // when it was first seen like this
    bool unsettled = false;  // no JSON, and young: to be looked at again
  };
  void on_events(std::uint32_t events) override;
  void watch();
  void unwatch();
  bool is_watched(const struct stat& folder) const;
  void scan();
  void scan_later(Duration after);
  void look_at_named();
  std::optional<Seen> look_at(int folder, const std::string& name);
  void forget(const std::string& name);
  void note(const std::string& name, const Seen& seen);
  bool list(std::map<std::string, Seen>& found);
  void work();
  void work_later();
  void apply(const std::string& file);
  bool is_settled(const File& file) const;
  bool round_done() const;
  std::string source(const std::string& file) const { return options_.path + "/" + file; }

  net::Reactor& reactor_;
  plan::Deployments& deployments_;
  Options options_;
  std::function<void()> first_round_done_;
  int inotify_ = -1;
  std::uint64_t watched_device_ = 0, watched_inode_ = 0;
  bool missing_told_ = false;
  bool working_ = false;
  std::map<std::string, File> files_;  // by name
  std::set<std::string> named_;        // by events since the last look
  bool has_links_ = false;             // what changes elsewhere may change a file, too
  std::set<std::string> changed_;      // to be applied
  bool removed_ = false;               // since the last publish: a renamed file is one change
  Instant published_{};
  std::uint64_t rounds_ = 0;
  net::Timer scan_timer_;
  net::Timer named_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace perigee::sync
