#include "apps/perigee/build_thread.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include "base/log.hpp"
#include "policies/catalog.hpp"

namespace perigee::apps {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.services.sync"};
constexpr int kNice = 10;  // traffic first
constexpr Duration kSyncDelayMin = 100ms;

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : ",").append(text);
  return all;
}

}  // namespace

BuildThread::BuildThread(Init init)
    : init_(std::move(init)),
      catalog_(policies::catalog()),
      endpoints_(init_.workers),
      reactor_(init_.clock) {
  endpoints_.on_retired(init_.endpoint_retired);
}

BuildThread::~BuildThread() {
  stop_and_join();
  endpoints_.on_retired({});
}

void BuildThread::start() {
  thread_ = std::thread([this] { run(); });
}

void BuildThread::run() {
  log::name_thread("gio.build");
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  plan::CompileContext context{
      .clock = init_.clock,
      .catalog = catalog_,
      .endpoints = endpoints_,
      .trust_stores = trust_stores_,
      .tags = init_.settings.identity.tags.empty()
                  ? definition::ShardingTags()
                  : definition::ShardingTags::parse(joined(init_.settings.identity.tags)),
      .tenant = init_.settings.identity.tenant};
  deployments_ = std::make_unique<plan::Deployments>(
      std::move(context), init_.settings.api.allow_overlapping_context, init_.publish);
  const config::Sync& sync = init_.settings.sync;
  if (sync.enabled && sync.local_enabled) {
    sync::LocalFolder::Options options{
        .path = sync.local_path, .poll_interval = std::max<Duration>(sync.delay, kSyncDelayMin)};
    options.read.open_plan = sync.local_open_plan;
    folder_ = std::make_unique<sync::LocalFolder>(reactor_, *deployments_, std::move(options),
                                                  init_.first_round_done);
    folder_->start();
  } else {
    kLog.warn(
        "no source of API definitions is switched on; set services.sync.local.enabled and "
        "services.sync.local.path");
    init_.first_round_done();
  }
  reactor_.run();
  folder_.reset();
  deployments_.reset();
}

void BuildThread::destroy(std::shared_ptr<const void> object) {
  // A full mailbox refuses; then the object dies here, which is late but not wrong.
  static_cast<void>(reactor_.post([object = std::move(object)]() mutable { object.reset(); }));
}

void BuildThread::stop_and_join() {
  reactor_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace perigee::apps
