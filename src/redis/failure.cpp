#include "redis/failure.hpp"

#include <array>

namespace perigee::redis {

namespace {

constexpr std::size_t kMessageBytesMax = 300;  // of what a server says

FailureKind kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::cancelled:
    case ErrorCode::client_gone:
      return FailureKind::cancelled;
    case ErrorCode::timed_out:
    case ErrorCode::connect_timed_out:
    case ErrorCode::read_timed_out:
      return FailureKind::timed_out;
    case ErrorCode::unresolved:
      return FailureKind::unresolved;
    case ErrorCode::tls:
      return FailureKind::tls;
    case ErrorCode::invalid:
      return FailureKind::garbled;
    default:
      return FailureKind::unreachable;
  }
}

struct Word {
  std::string_view word;
  FailureKind kind;
  Executed executed;
};
constexpr auto kWords = std::to_array<Word>({
    {"READONLY", FailureKind::not_primary, Executed::no},
    {"MASTERDOWN", FailureKind::not_primary, Executed::no},
    {"LOADING", FailureKind::loading, Executed::no},
    {"NOREPLICAS", FailureKind::no_replicas, Executed::no},
    {"NOSCRIPT", FailureKind::no_script, Executed::no},
    {"BUSY", FailureKind::busy, Executed::no},
    {"OOM", FailureKind::out_of_memory, Executed::no},
    {"MISCONF", FailureKind::misconfigured, Executed::no},
    {"MOVED", FailureKind::cluster, Executed::no},
    {"ASK", FailureKind::cluster, Executed::no},
    {"CLUSTERDOWN", FailureKind::cluster, Executed::no},
    {"CROSSSLOT", FailureKind::cluster, Executed::no},
    {"WRONGPASS", FailureKind::denied, Executed::no},
    {"NOAUTH", FailureKind::denied, Executed::no},
    {"NOPERM", FailureKind::denied, Executed::no},
});

const Word* find(std::string_view error) {
  const std::string_view first = error.substr(0, error.find(' '));
  for (const Word& word : kWords) {
    if (word.word == first) return &word;
  }
  return nullptr;
}

// Before Redis 7 the error of a command within a script stands at the end of the script's:
// "ERR Error running script (call to f_...): @user_script:1: @user_script: 1: -READONLY You ...".
std::string_view without_script(std::string_view error) {
  constexpr std::string_view kOld = "ERR Error running script";
  const std::size_t at = error.starts_with(kOld) ? error.rfind(": -") : error.npos;
  return at == error.npos ? error : error.substr(at + 3);
}

// A server quotes the arguments of a command that it does not know, and they may hold a password.
std::string_view without_arguments(std::string_view error) {
  return error.substr(0, error.find(", with args"));
}

bool is_of_script(std::string_view error) {
  return error.contains("script:") || error.contains("user_script");
}

}  // namespace

std::string_view to_string(FailureKind kind) {
  switch (kind) {
    case FailureKind::not_connected:
      return "not_connected";
    case FailureKind::too_many:
      return "too_many";
    case FailureKind::timed_out:
      return "timed_out";
    case FailureKind::cancelled:
      return "cancelled";
    case FailureKind::unresolved:
      return "unresolved";
    case FailureKind::unreachable:
      return "unreachable";
    case FailureKind::tls:
      return "tls";
    case FailureKind::lost:
      return "lost";
    case FailureKind::garbled:
      return "garbled";
    case FailureKind::not_primary:
      return "not_primary";
    case FailureKind::loading:
      return "loading";
    case FailureKind::no_replicas:
      return "no_replicas";
    case FailureKind::busy:
      return "busy";
    case FailureKind::out_of_memory:
      return "out_of_memory";
    case FailureKind::misconfigured:
      return "misconfigured";
    case FailureKind::cluster:
      return "cluster";
    case FailureKind::denied:
      return "denied";
    case FailureKind::no_script:
      return "no_script";
    case FailureKind::unknown_master:
      return "unknown_master";
    case FailureKind::refused:
      return "refused";
  }
  return "refused";
}

Failure::Failure(const Error& error)
    : kind(kind_of(error.code)), executed(Executed::unknown), message(error.message) {}

std::string Failure::text() const {
  std::string text(to_string(kind));
  if (!message.empty()) text.append(": ").append(message);
  return text;
}

Failure failure_of(std::string_view error) {
  std::string message(without_arguments(error).substr(0, kMessageBytesMax));
  for (char& c : message) c = c >= ' ' && c != '\x7f' ? c : '?';
  const Word* word = find(without_script(error));
  if (!word) return {FailureKind::refused, Executed::unknown, std::move(message)};
  // A script that was not allowed one of its commands has run up to there.
  const bool begun = word->kind == FailureKind::denied && is_of_script(error);
  return {word->kind, begun ? Executed::unknown : word->executed, std::move(message)};
}

Outcome outcome_of(Reply reply) {
  if (reply.is_error()) return std::unexpected(failure_of(reply.text()));
  return reply;
}

}  // namespace perigee::redis
