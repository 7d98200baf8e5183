#include "proxy/http_calls.hpp"

namespace perigee::proxy {

Async<Result<policy::HttpAnswer>> HttpCalls::call(policy::Worker& worker, policy::HttpCall call) {
  PERIGEE_ASSERT(worker.index < fetchers_.size());
  CO_TRY(upstream::Fetched fetched, co_await fetchers_[worker.index]->fetch(
                                        {.method = std::move(call.method),
                                         .url = std::move(call.url),
                                         .headers = std::move(call.headers),
                                         .body = std::move(call.body),
                                         .timeout = call.timeout,
                                         .answer_bytes_max = call.answer_bytes_max,
                                         .tls = std::move(call.tls),
                                         .proxy = call.system_proxy ? system_proxy_ : nullptr}));
  co_return policy::HttpAnswer{.status = fetched.status,
                               .headers = std::move(fetched.headers),
                               .body = std::move(fetched.body)};
}

}  // namespace perigee::proxy
