#include "http/message.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace perigee::http {

namespace {

struct Phrase {
  int status;
  std::string_view text;
};

// compat: the words of the reference's HTTP library where RFC 9110 has newer ones (413, 414, 416).
constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Requested Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Entity"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Unordered Collection"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {510, "Not Extended"},
    {511, "Network Authentication Required"},
};

constexpr auto kPhraseOf = [] {
  std::array<std::string_view, 600> of{};
  of.fill("Unknown");
  for (const Phrase& phrase : kPhrases) of[static_cast<std::size_t>(phrase.status)] = phrase.text;
  return of;
}();

}  // namespace

std::string_view reason_phrase(int status) {
  if (status < 0 || static_cast<std::size_t>(status) >= kPhraseOf.size()) return "Unknown";
  return kPhraseOf[static_cast<std::size_t>(status)];
}

namespace {

// Collects pieces in the arena, doubling; a body of known length gets its exact room at once.
class Gathered {
 public:
  Gathered(Arena& arena, std::size_t expected) : arena_(arena) { make_room(expected); }

  void add(std::string_view piece) {
    if (piece.empty()) return;
    if (piece.size() > room_.size() - used_) make_room(std::max(used_ * 2, used_ + piece.size()));
    std::memcpy(room_.data() + used_, piece.data(), piece.size());
    used_ += piece.size();
  }
  std::size_t size() const { return used_; }
  std::string_view text() const { return {room_.data(), used_}; }

 private:
  void make_room(std::size_t bytes) {
    std::span<char> bigger = arena_.array<char>(bytes);
    if (used_ > 0) std::memcpy(bigger.data(), room_.data(), used_);
    room_ = bigger;
  }
  Arena& arena_;
  std::span<char> room_;
  std::size_t used_ = 0;
};

std::unexpected<Error> too_long(std::size_t bytes_max) {
  return fail(ErrorCode::limit,
              "the body is longer than the " + std::to_string(bytes_max) + " bytes allowed here");
}

}  // namespace

Async<Result<std::string_view>> read_all(Body& body, Arena& arena, std::size_t bytes_max) {
  std::optional<std::uint64_t> length = body.length();
  if (length && *length > bytes_max) co_return too_long(bytes_max);
  Gathered all(arena, length ? static_cast<std::size_t>(*length) : 0);
  while (true) {
    CO_TRY(Chunk piece, co_await body.read());
    if (piece.empty()) co_return all.text();
    if (piece.size() > bytes_max - all.size()) co_return too_long(bytes_max);
    all.add(piece);
  }
}

}  // namespace perigee::http
