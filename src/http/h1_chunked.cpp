#include <algorithm>

#include "base/hex.hpp"
#include "http/h1_fields.hpp"
#include "http/h1_parser.hpp"
#include "http/h1_scan.hpp"

namespace perigee::http {

namespace {

using detail::Reader;

constexpr std::size_t kSizeDigitsMax = 16;
constexpr std::size_t kSizeLineBytesMax = 4096;  // with its extensions

// chunk-size [ chunk-ext ] CRLF. Blanks are legal before the ';' of an extension only.
H1Outcome read_size_line(Reader& reader, std::uint64_t& size) {
  size = 0;
  std::size_t digits = 0;
  for (; reader.left() > 0 && hex_value(*reader.at) >= 0; ++reader.at) {
    if (++digits > kSizeDigitsMax) return detail::refused("a chunk size of over 16 digits");
    size = size << 4 | static_cast<std::uint64_t>(hex_value(*reader.at));
  }
  if (reader.left() == 0) return detail::more();
  if (digits == 0) return detail::refused("a chunk size was expected");
  if (*reader.at == '\r') return detail::read_line_end(reader);
  while (reader.left() > 0 && detail::is_blank(*reader.at)) ++reader.at;
  if (reader.left() == 0) return detail::more();
  if (*reader.at != ';') return detail::refused("a malformed chunk size");
  reader.at = detail::scan_value(reader.at, reader.end);
  return detail::read_line_end(reader);
}

std::unexpected<Error> invalid(std::string_view why) {
  return fail(ErrorCode::invalid, "chunked body: " + std::string(why));
}

std::unexpected<Error> over(std::string_view what) {
  return fail(ErrorCode::limit, "chunked body: " + std::string(what));
}

}  // namespace

// Reads one piece of framing at `input` and goes to the next state. Nothing is used up when a piece
// is not complete.
Result<std::size_t> ChunkedDecoder::read_framing(std::string_view input, Headers* trailers) {
  Reader reader{input.data(), input.data() + input.size()};
  H1Outcome outcome;
  switch (state_) {
    case State::size:
      outcome = read_size_line(reader, left_);
      // However it is cut: a line that came in one piece is as long as one that trickled.
      if (outcome.result != Parse::refused &&
          (outcome.result == Parse::more ? input.size() : reader.at - input.data()) >
              kSizeLineBytesMax)
        return over("a chunk extension longer than 4096 bytes");
      if (outcome.result == Parse::done) state_ = left_ > 0 ? State::data : State::trailers;
      break;
    case State::data_end:
      outcome = detail::read_line_end(reader);
      if (outcome.result == Parse::refused)
        outcome.why = "CRLF was expected after the chunk's data";
      if (outcome.result == Parse::done) state_ = State::size;
      break;
    case State::trailers:
      return read_trailer(input, trailers);
    default:
      PERIGEE_ASSERT(false);
  }
  if (outcome.result == Parse::refused) return invalid(outcome.why);
  if (outcome.result == Parse::more) return 0u;
  return static_cast<std::size_t>(reader.at - input.data());
}

Result<std::size_t> ChunkedDecoder::read_trailer(std::string_view input, Headers* trailers) {
  Reader reader{input.data(), input.data() + input.size()};
  const bool last = input.starts_with('\r');
  Header field;
  H1Outcome outcome = last ? detail::read_line_end(reader) : detail::read_field(reader, field);
  if (outcome.result == Parse::refused) return invalid(outcome.why);
  std::size_t bytes = outcome.result == Parse::done
                          ? static_cast<std::size_t>(reader.at - input.data())
                          : input.size();
  if (trailer_bytes_ + bytes > trailer_bytes_max_) return over("trailers larger than their limit");
  if (outcome.result == Parse::more) return 0u;
  trailer_bytes_ += bytes;
  if (last) {
    state_ = State::done;
    return bytes;
  }
  if (++trailers_ > trailers_max_) return over("more trailers than their limit");
  if (trailers) trailers->add(HeaderName(field.name()), field.value());
  return bytes;
}

Result<ChunkedDecoder::Step> ChunkedDecoder::feed(std::string_view input, Headers* trailers) {
  Step step;
  bool has_run = false;
  while (state_ != State::done) {
    std::string_view rest = input.substr(step.consumed);
    if (state_ == State::data) {
      if (has_run || rest.empty()) break;
      step.data =
          rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size())));
      step.consumed += step.data.size();
      left_ -= step.data.size();
      has_run = true;
      if (left_ > 0) break;
      state_ = State::data_end;
      continue;
    }
    Result<std::size_t> used = read_framing(rest, trailers);
    // What came before the error is given first; the next call meets it again.
    if (!used && step.consumed == 0) return std::unexpected(std::move(used.error()));
    if (!used || *used == 0) break;
    step.consumed += *used;
  }
  step.end = state_ == State::done;
  return step;
}

}  // namespace perigee::http
