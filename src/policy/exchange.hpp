// Exchange: one request and its answer, as policies see them.
//
// Policies edit `request` and `response` in place: what stands in them when the invoker runs goes
// to the backend, what stands in `response` at the end goes to the client. Lives on one worker,
// from the match of the API until the report. Everything a step makes for it lives in `arena`, or
// is owned by it (own()).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "el/expression.hpp"
#include "el/variables.hpp"
#include "http/message.hpp"
#include "net/stream.hpp"
#include "policy/api_info.hpp"
#include "policy/attributes.hpp"
#include "policy/limits.hpp"
#include "policy/verdict.hpp"
#include "policy/worker.hpp"

namespace perigee::policy {

class Exchange;

// Calls the backend, or stands in for it. The answer goes into exchange.response and
// exchange.response_body. May be called again (retry, failover) by who gathered the request body
// and put the response back to what it was: what the call before brought is then given up.
class Invoker {
 public:
  virtual ~Invoker() = default;
  virtual Async<Verdict> invoke(Exchange& exchange) = 0;
};

// The body of one side. Streams until somebody buffers it; a wrapper transforms it on its way.
class MessageBody {
 public:
  explicit MessageBody(Exchange& exchange) : exchange_(exchange) {}

  // Null: the message has no body. After buffer(), a body over the bytes. Who reads it gives
  // another body for those that come after: set(wrapper).
  http::Body* stream() { return stream_; }
  void set(http::Body* body) {
    stream_ = body;
    bytes_ = {};
    buffered_ = false;
  }
  // Replaces the body by bytes that live as long as the exchange.
  void replace(std::string_view bytes);
  // Reads the whole body, up to perigee.limits.bufferedBodyBytes. Later readers get the same bytes
  // again. Errors: limit (Fault of the side it came from), and whatever the stream gives.
  Async<Result<std::string_view>> buffer();
  bool buffered() const { return buffered_; }
  std::string_view bytes() const { return bytes_; }  // when buffered; empty otherwise

 private:
  Async<Result<std::string_view>> read_whole();
  Exchange& exchange_;
  http::Body* stream_ = nullptr;
  std::string_view bytes_;
  bool buffered_ = false;
};

struct Warning {
  std::string_view key;
  std::string_view message;
};

class Exchange final : public el::Variables {
 public:
  struct Init {
    Arena& arena;
    Worker& worker;
    const Clock& clock;
    http::RequestHead& request;
    http::ResponseHead& response;
    const net::Stream& stream;
    const ApiInfo& api;
    const NodeInfo& node;
    const WorkerStates& states;
    const Limits& limits;  // outlives the exchange
  };
  explicit Exchange(const Init& init);
  ~Exchange() override;

  Arena& arena;
  Worker& worker;
  http::RequestHead& request;
  http::ResponseHead& response;
  MessageBody request_body;
  MessageBody response_body;
  const net::Stream& stream;  // addresses and TLS facts of the client's connection
  const ApiInfo& api;
  const NodeInfo& node;

  std::string_view request_id;
  std::string_view transaction_id;
  std::string_view uri;             // as received
  std::string_view context_path;    // of the matched listener path: "/orders/"
  std::string_view path_info;       // of the request path: "/12"
  std::string_view remote_address;  // after X-Forwarded-For, when that is on
  bool follows_forwarding = true;   // handlers.request.x-forward.enabled
  WallTime arrived_wall{};
  bool has_response = false;  // the backend, or who stands in for it, has answered

  // Who asks: set by the security chain.
  std::string_view plan_id;
  std::string_view application_id;
  std::string_view subscription_id;
  std::string_view client_identifier;

  Attributes attributes;
  Attributes path_parameters;  // of :name parts of flow paths, decoded
  // Values of #name for names that are not the core's (#group, #calloutResponse).
  Attributes variables;
  // Of the API's environment; null when it has none. Held, as a new plan may bring others.
  std::shared_ptr<const Dictionaries> dictionaries;
  const Failure* failure = nullptr;  // while an error is answered: #error, #parameters

  // The backend call. A step may skip it, replace it or wrap it (keeping the previous one to call).
  static constexpr unsigned kRetriesMax = 1'000;  // of all that try again, together
  bool may_try_again() { return retries_++ < kRetriesMax; }
  void skip_invoker() { invoker_ = nullptr; }
  void set_invoker(Invoker& invoker) { invoker_ = &invoker; }
  Invoker* invoker() const { return invoker_; }

  // Destroyed with the exchange, last made first.
  template <class T>
  T& own(std::unique_ptr<T> object) {
    T& made = *object;
    own_raw(object.release(), [](void* p) { delete static_cast<T*>(p); });
    return made;
  }
  template <class S>
  S& state(WorkerSlot<S> slot) const {
    return states_->get(slot);
  }
  // Those of the steps that run now. Gives the ones before.
  const WorkerStates& use_states(const WorkerStates& states) {
    return *std::exchange(states_, &states);
  }
  void warn(std::string_view key, std::string_view message);
  const std::vector<Warning>& warnings() const { return warnings_; }
  const Limits& limits() const { return limits_; }
  // Whether what its steps have made is more than bodies and what is made of them could be: each
  // step has its limits, but a definition may have thousands.
  static constexpr std::size_t kBodiesMax = 16;
  bool is_too_large() const {
    constexpr std::size_t kBeside = 1 << 20;  // of each
    return arena.bytes_held() > kBodiesMax * (limits_.buffered_body_bytes_max + kBeside);
  }

  el::Value read(const el::Reference& reference, Arena& into) const override;
  const Clock& clock() const override { return clock_; }
  xml::Limits xml_limits() const override { return limits_.xml; }
  std::string why_failed(const el::Reference& reference) const override;
  bool keeps(std::string_view text) const override;  // the bodies

 private:
  struct Owned {
    void* object;
    void (*destroy)(void*);
    Owned* next;
  };
  void own_raw(void* object, void (*destroy)(void*));
  el::Value read_request(const el::Reference& reference, Arena& into) const;
  el::Value read_tls(const el::Reference& reference, Arena& into) const;
  el::Value read_response(const el::Reference& reference, Arena& into) const;
  el::Value read_attribute(std::string_view name) const;
  el::Value read_error(const el::Reference& reference, Arena& into) const;
  el::Value core_attribute(std::string_view short_name) const;
  friend class AttributesObject;

  const Clock& clock_;
  const WorkerStates* states_;
  const Limits& limits_;
  Invoker* invoker_ = nullptr;
  unsigned retries_ = 0;
  Owned* owned_ = nullptr;
  std::vector<Warning> warnings_;
};

// Whether a message is a stream whose pieces pass at once (lifecycle.md 8.7): of such a type, and
// of a length that nobody knows.
bool is_stream(const http::Headers& headers);

// The answer's body, for who reads it. One that streams has no end to wait for: it is left alone,
// and who reads it finds no byte.
Async<Result<void>> gather_answer(Exchange& exchange);

// A body that could not be had: too long (413, or 502 for a response body), or its side failed. The
// key is the error's: of a step that watched the body.
Verdict body_failure(const Error& error);

// Compile options for templates that exchanges evaluate: gives header names their ids.
const el::Options& template_options();

}  // namespace perigee::policy
