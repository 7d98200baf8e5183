// What the directory knows of the links, and of the primary that it gives them. Internal.
#pragma once

#include <map>
#include <memory>

#include "net/door.hpp"
#include "redis/board.hpp"
#include "redis/directory.hpp"
#include "redis/discovery.hpp"
#include "redis/failure.hpp"
#include "redis/open.hpp"

namespace perigee::redis {

class Link;

// What a link tells; by mail.
struct LinkReport {
  enum class Kind : std::uint8_t {
    connected,
    failed,  // to connect
    lost,    // the connection
    odd,     // an error reply that concerns others too
  };
  Kind kind = Kind::connected;
  std::uint64_t link = 0;
  std::uint64_t number = 0;  // of the primary that it is about
  Failure failure;
  std::size_t replicas = 0;
  Duration clock_offset{};
  OpenNotes notes;
};

struct Directory::Impl final : private DiscoveryOwner {
  Impl(net::Reactor& ops, Options options);
  ~Impl();

  // By links, through the door.
  void join(std::uint64_t link, std::shared_ptr<net::Door<Link>> door);
  void part(std::uint64_t link);
  void take(const LinkReport& report);

  DirectoryState state() const;

  net::Reactor& ops;
  const std::shared_ptr<const Options> options;
  const std::shared_ptr<Board> board = std::make_shared<Board>();
  net::Resolver resolver;
  std::shared_ptr<net::Door<Impl>> door;
  std::atomic<std::uint64_t> links_made{0};

 private:
  struct Member {
    std::shared_ptr<net::Door<Link>> door;
    bool connected = false;
  };
  void on_primary(const Primary& primary) override;
  bool links_are_well() const override;
  std::size_t links_connected() const;

  void take_connected(const LinkReport& report);
  void take_trouble(const LinkReport& report);
  void tell_trouble(const LinkReport& report);
  void warn_of(const LinkReport& report);
  void warn_of(OpenNotes notes);

  std::map<std::uint64_t, Member> links_;
  std::optional<Primary> primary_;
  std::optional<SwitchState> last_switch_;
  std::string problem_;    // of the links; empty: none
  bool all_told_ = false;  // that all links are connected
  // When a line of this sort may be written again.
  std::map<std::pair<LinkReport::Kind, FailureKind>, Instant> next_line_;
  bool told_clock_ = false;
  OpenNotes told_;
  std::unique_ptr<Discovery> discovery_;  // null without sentinels
};

}  // namespace perigee::redis
