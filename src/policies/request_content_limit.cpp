// request-content-limit: refuses requests whose body is larger than a number of bytes.
// Spec: policies/others.md row 17. Docs: docs/policies/request-content-limit.md
#include <charconv>

#include "policies/catalog.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Verdict;

constexpr std::string_view kTooLargeKey = "REQUEST_CONTENT_LIMIT_TOO_LARGE";
constexpr std::string_view kLengthRequiredKey = "REQUEST_CONTENT_LIMIT_LENGTH_REQUIRED";
constexpr std::string_view kTooLarge =
    "The request is larger than the server is willing or able to process.";
constexpr std::string_view kLengthRequired =
    "The request did not specify the length of its content, which is required by the requested "
    "resource.";

std::uint64_t parse(ConfigObject& from) {
  constexpr Range kBytes{0, std::numeric_limits<std::int64_t>::max()};
  if (!from.json()["limit"].present()) from.error("limit", "required, but it is missing");
  auto limit = static_cast<std::uint64_t>(from.number("limit", 0, kBytes));
  from.finish();
  return limit;
}

// Counts what passes; the byte after the limit ends the stream with an error of the client's.
class CountedBody final : public http::Body {
 public:
  CountedBody(http::Body& inner, std::uint64_t limit) : inner_(inner), left_(limit) {}

  Async<Result<http::Chunk>> read() override {
    CO_TRY(http::Chunk piece, co_await inner_.read());
    if (piece.size() > left_) {
      Error error(ErrorCode::limit, std::string(kTooLarge), Fault::client);
      error.status = 413;
      error.key = kTooLargeKey;
      co_return std::unexpected(std::move(error));
    }
    left_ -= piece.size();
    co_return piece;
  }
  std::optional<std::uint64_t> length() const override { return inner_.length(); }
  bool ready() const override { return inner_.ready(); }
  bool finished() const override { return inner_.finished(); }
  http::Headers* trailers() override { return inner_.trailers(); }

 private:
  http::Body& inner_;
  std::uint64_t left_;
};

class RequestContentLimit final : public policy::Policy {
 public:
  explicit RequestContentLimit(std::uint64_t limit) : limit_(limit) {}

  Async<Verdict> on_request(Exchange& exchange) const override {
    std::string_view told =
        exchange.request.headers.get(http::HeaderId::content_length).value_or("");
    if (!told.empty()) return check_length(told);
    policy::MessageBody& body = exchange.request_body;
    if (!body.stream()) return length_required();
    if (body.buffered()) return check(body.bytes().size());
    body.set(&exchange.own(std::make_unique<CountedBody>(*body.stream(), limit_)));
    return Verdict::next();
  }

 private:
  Verdict check_length(std::string_view told) const {
    std::uint64_t length = 0;
    auto [end, error] = std::from_chars(told.begin(), told.end(), length);
    if (error == std::errc::result_out_of_range)
      length = std::numeric_limits<std::uint64_t>::max();
    else if (error != std::errc() || end != told.end())
      return Verdict::fail(400, "", "Content-length is not a valid integer !");
    return check(length);
  }

  Verdict check(std::uint64_t length) const {
    if (length <= limit_) return Verdict::next();
    policy::Failure failure;
    failure.status = 413;
    failure.key = kTooLargeKey;
    failure.message = kTooLarge;
    failure.parameters = {{"length", std::to_string(length)}, {"limit", std::to_string(limit_)}};
    failure.cause = ErrorCode::limit;
    return Verdict::fail(std::move(failure));
  }

  Verdict length_required() const {
    policy::Failure failure;
    failure.status = 411;
    failure.key = kLengthRequiredKey;
    failure.message = kLengthRequired;
    failure.parameters = {{"limit", std::to_string(limit_)}};
    return Verdict::fail(std::move(failure));
  }

  std::uint64_t limit_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const RequestContentLimit>(parse(from));
}

}  // namespace

policy::Registration request_content_limit() {
  return {.id = "request-content-limit", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
