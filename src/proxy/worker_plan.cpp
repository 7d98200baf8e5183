#include "proxy/worker_plan.hpp"

#include <algorithm>

namespace perigee::proxy {

Pin::Pin(RevisionHere& revision, Scope* scope)
    : here_(revision), scope_(scope), next_(revision.first) {
  if (next_) next_->previous_ = this;
  revision.first = this;
}

Pin::~Pin() {
  (previous_ ? previous_->next_ : here_.first) = next_;
  if (next_) next_->previous_ = previous_;
  if (here_.retired && !here_.first) here_.owner.forget(here_);
}

const plan::ApiRevision& Pin::revision() const { return *here_.revision; }
const policy::WorkerStates& Pin::states() const { return here_.states; }
ApiSeries& Pin::series() const { return here_.series; }
LineRates& Pin::line_rates() const { return here_.line_rates; }

RevisionHere::RevisionHere(WorkerPlan& o, std::shared_ptr<const plan::ApiRevision> r)
    : owner(o),
      revision(std::move(r)),
      states(revision->slots, o.worker_),
      series(o.series_of(revision->info.id)),
      patience(&WorkerPlan::patience_over, this) {}

RevisionHere::~RevisionHere() { PERIGEE_ASSERT(first == nullptr); }

WorkerPlan::WorkerPlan(policy::Worker& worker, Options options, GiveBack give_back)
    : worker_(worker),
      options_(options),
      give_back_(std::move(give_back)),
      plan_(std::make_shared<const plan::Plan>()) {}

WorkerPlan::~WorkerPlan() = default;

RevisionHere& WorkerPlan::revision(std::uint32_t index) {
  RevisionHere*& known = by_index_[index];
  if (!known) [[unlikely]] {
    known = &here(plan_->revisions()[index]);
  }
  return *known;
}

RevisionHere& WorkerPlan::here(const std::shared_ptr<const plan::ApiRevision>& revision) {
  std::unique_ptr<RevisionHere>& here = here_[revision.get()];
  if (!here) here = std::make_unique<RevisionHere>(*this, revision);
  return *here;
}

void WorkerPlan::swap(std::shared_ptr<const plan::Plan> next) {
  std::shared_ptr<const plan::Plan> previous = std::exchange(plan_, std::move(next));
  by_index_.assign(plan_->revisions().size(), nullptr);
  for (auto entry = here_.begin(); entry != here_.end();) {
    if (plan_->has(*entry->first)) {
      ++entry;
      continue;
    }
    retire(std::move(entry->second));
    entry = here_.erase(entry);
  }
  give_back_(std::move(previous));
}

void WorkerPlan::retire(std::unique_ptr<RevisionHere> revision) {
  RevisionHere& here = *revision;
  here.retired = true;
  retired_.push_back(std::move(revision));
  if (!here.first) {
    forget(here);
  } else {
    worker_.reactor.timers().arm(here.patience,
                                 worker_.reactor.now() + options_.pending_requests_timeout);
  }
}

void WorkerPlan::patience_over(void* revision) {
  RevisionHere& here = *static_cast<RevisionHere*>(revision);
  for (Pin* pin = here.first; pin;) {
    // Cancelling may end the exchange, and with it its pin.
    Pin* next = pin->next_;
    if (pin->scope_) {
      pin->scope_->cancel(
          Error(ErrorCode::cancelled,
                "the API was replaced or removed and api.pending_requests_timeout passed"));
    }
    pin = next;
  }
}

// The last exchange may still be in its own destruction: what is left goes at the end of the turn.
void WorkerPlan::forget(RevisionHere& revision) {
  auto place = std::find_if(retired_.begin(), retired_.end(),
                            [&](const auto& held) { return held.get() == &revision; });
  if (place == retired_.end()) return;
  std::unique_ptr<RevisionHere> gone = std::move(*place);
  retired_.erase(place);
  gone->patience.disarm();
  // The states die here, the revision on the build thread: nothing of it may be left behind.
  worker_.reactor.defer([gone = std::move(gone), give_back = give_back_]() mutable {
    std::shared_ptr<const plan::ApiRevision> compiled = std::move(gone->revision);
    gone.reset();
    give_back(std::move(compiled));
  });
}

}  // namespace perigee::proxy
