#include "apps/perigee/worker_counts.hpp"

#include "report/families.hpp"

namespace perigee::apps {
namespace {

constexpr Duration kFinishMax = 500ms;  // the process is about to end

}  // namespace

WorkerCounts::WorkerCounts(const Init& init)
    : reactor_(init.reactor),
      store_(init.reactor, init.directory, init.primary,
             &init.shard.series(report::kRateLimitStoreTime, {})),
      remote_(init.reactor, store_, init.shared) {
  if (!init.probed) return;
  registry_.emplace(reactor_, store_, init.shared, init.node_id);
  probe_.emplace(redis_counts::StoreProbe::Init{.reactor = reactor_,
                                                .store = store_,
                                                .result = *init.probed,
                                                .node_id = init.node_id,
                                                .every = init.probe_every});
}

void WorkerCounts::finish() {
  remote_.flush();
  const Instant end = reactor_.clock().now() + kFinishMax;
  while (remote_.under_way() > 0 && reactor_.clock().now() < end) reactor_.turn(5ms);
}

}  // namespace perigee::apps
