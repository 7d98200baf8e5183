#include "apps/perigee/build_thread.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include "apps/perigee/compile_settings.hpp"
#include "apps/perigee/review.hpp"
#include "base/log.hpp"
#include "policies/catalog.hpp"

namespace perigee::apps {
namespace {

constexpr log::Logger kLog{"io.gravitee.gateway.services.sync"};
constexpr int kNice = 10;  // traffic first
constexpr Duration kSyncDelayMin = 100ms;

}  // namespace

sync::LocalFolder::Options folder_options(const config::Sync& sync) {
  sync::LocalFolder::Options options{
      .path = sync.local_path, .poll_interval = std::max<Duration>(sync.delay, kSyncDelayMin)};
  options.read = read_options(sync);
  return options;
}

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
  plan::CompileContext context{.clock = init_.clock,
                               .catalog = catalog_,
                               .endpoints = endpoints_,
                               .trust_stores = init_.trust_stores,
                               .counters = &init_.counters,
                               .http = &init_.http,
                               .resolver = &init_.resolver};
  apply_settings(context, init_.settings);
  deployments_ = std::make_unique<plan::Deployments>(
      std::move(context), init_.settings.api.allow_overlapping_context,
      [this](std::shared_ptr<const plan::Plan> plan) { publish(std::move(plan)); });
  const config::Sync& sync = init_.settings.sync;
  if (std::string none = no_definition_source(sync); none.empty()) {
    folder_ = std::make_unique<sync::LocalFolder>(reactor_, *deployments_, folder_options(sync),
                                                  init_.first_round_done);
    folder_->start();
  } else {
    kLog.warn("{}", none);
    init_.first_round_done();
  }
  reactor_.run();
  watch_.reset();
  folder_.reset();
  deployments_.reset();
}

void BuildThread::publish(std::shared_ptr<const plan::Plan> plan) {
  init_.publish(std::move(plan));
  if (deployments_->files() == watched_) return;
  // Later: the watch that is to be replaced may be what has led here. A full mailbox refuses; then
  // the next plan tries again.
  static_cast<void>(reactor_.post([this] { watch_files(); }));
}

void BuildThread::watch_files() {
  if (!deployments_) return;
  watched_ = deployments_->files();
  watch_.reset();
  if (watched_.empty()) return;
  watch_.emplace(reactor_, std::vector<std::string>(watched_.begin(), watched_.end()),
                 [this] { refresh_files(); });
  refresh_files();  // no change falls between reading and watching
}

void BuildThread::refresh_files() {
  if (deployments_->refresh_files()) deployments_->publish();
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
