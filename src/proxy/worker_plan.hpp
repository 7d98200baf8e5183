// WorkerPlan: the plan as one worker sees it, and which revisions its exchanges hold.
//
// A revision's worker state is built when the first request reaches it here. An exchange pins its
// revision by a plain count; the plan itself is not held across a wait. When a revision is replaced
// or removed, its exchanges may finish until `pending_requests_timeout`; then they are cut, its
// state is destroyed here, and the revision goes back to the build thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/line_rate.hpp"
#include "net/reactor.hpp"
#include "plan/plan.hpp"
#include "policy/worker.hpp"
#include "proxy/breaker.hpp"
#include "proxy/chain.hpp"
#include "report/families.hpp"

namespace perigee::proxy {

class WorkerPlan;

// What an API has on this worker through all its revisions: metric series, and when lines about it
// were logged.
struct ApiSeries {
  explicit ApiSeries(std::size_t breakers_max) : breakers(breakers_max) {}
  report::Series* request_time[6] = {};  // by status class, 0 = no answer
  report::Series* upstream_time[6] = {};
  log::LineRate request_timeouts;
  log::LineRate no_endpoint;
  Breakers breakers;
};

struct RevisionHere;

// An exchange's hold on a revision; in the frame of the exchange.
class Pin {
 public:
  Pin(RevisionHere& revision, Scope* scope);
  ~Pin();
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  const plan::ApiRevision& revision() const;
  const policy::WorkerStates& states() const;
  ApiSeries& series() const;
  LineRates& line_rates() const;

 private:
  friend class WorkerPlan;
  RevisionHere& here_;
  Scope* scope_;
  Pin* previous_ = nullptr;
  Pin* next_ = nullptr;
};

struct RevisionHere {
  RevisionHere(WorkerPlan& owner, std::shared_ptr<const plan::ApiRevision> revision);
  ~RevisionHere();
  WorkerPlan& owner;
  std::shared_ptr<const plan::ApiRevision> revision;
  policy::WorkerStates states;
  ApiSeries& series;
  LineRates line_rates;
  Pin* first = nullptr;
  bool retired = false;
  net::Timer patience;  // armed once retired with exchanges left
};

class WorkerPlan {
 public:
  // Takes what this worker gives up, to be destroyed on the build thread.
  using GiveBack = std::function<void(std::shared_ptr<const void>)>;
  struct Options {
    Duration pending_requests_timeout = 10s;
    std::size_t breakers_max = 1000;  // of one API
  };
  WorkerPlan(policy::Worker& worker, Options options, GiveBack give_back);
  ~WorkerPlan();

  void swap(std::shared_ptr<const plan::Plan> next);
  const plan::Plan& plan() const { return *plan_; }
  RevisionHere& revision(std::uint32_t index);
  // Of an API or of the platform, deployed now.
  RevisionHere& here(const std::shared_ptr<const plan::ApiRevision>& revision);
  std::size_t held() const { return here_.size() + retired_.size(); }

 private:
  friend class Pin;
  friend struct RevisionHere;
  static void patience_over(void* revision);
  void retire(std::unique_ptr<RevisionHere> revision);
  void forget(RevisionHere& revision);
  ApiSeries& series_of(const std::string& api_id) {
    return series_.try_emplace(api_id, options_.breakers_max).first->second;
  }

  policy::Worker& worker_;
  Options options_;
  GiveBack give_back_;
  std::shared_ptr<const plan::Plan> plan_;
  std::vector<RevisionHere*> by_index_;  // of the plan; null until first used
  std::unordered_map<const plan::ApiRevision*, std::unique_ptr<RevisionHere>> here_;
  std::vector<std::unique_ptr<RevisionHere>> retired_;
  std::unordered_map<std::string, ApiSeries> series_;
};

}  // namespace perigee::proxy
