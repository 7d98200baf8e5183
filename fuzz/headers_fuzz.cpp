// room: http
//
// Edits of headers do what a plain list of texts would do, and whatever they left behind, the head
// that is written for it is one head, with our framing and with valid fields only.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "http/h1_parser.hpp"
#include "http/h1_write.hpp"

using namespace perigee;
using http::HeaderName;

namespace {

struct Field {
  std::string name, value;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& byte : result)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte | 0x20);
  return result;
}

auto is(std::string_view name) {
  return [wanted = lower(name)](const Field& field) { return lower(field.name) == wanted; };
}

// What Headers should be, without arenas, hashes and ids.
class Model {
 public:
  void add(std::string_view name, std::string_view value) {
    fields_.push_back({std::string(name), std::string(value)});
  }
  void set(std::string_view name, std::string_view value) {
    auto first = std::find_if(fields_.begin(), fields_.end(), is(name));
    if (first == fields_.end()) return add(name, value);
    *first = {std::string(name), std::string(value)};
    fields_.erase(std::remove_if(first + 1, fields_.end(), is(name)), fields_.end());
  }
  std::size_t remove(std::string_view name) { return std::erase_if(fields_, is(name)); }
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

// Takes the input apart.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  unsigned byte() {
    if (rest_.empty()) return 0;
    unsigned first = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  std::string_view text(std::size_t bytes_max) {
    std::string_view taken = rest_.substr(0, byte() % (bytes_max + 1));
    rest_.remove_prefix(std::min(rest_.size(), taken.size()));
    return taken;
  }

 private:
  std::string_view rest_;
};

// Letters that only a table of ids could confuse: bytes that no name may hold fold to those of
// known ones, which is documented and harmless, so the model is asked for valid names only.
void edit(Input& input, http::Headers& headers, Model& model) {
  unsigned action = input.byte() % 3;
  std::string_view name = input.text(24), value = input.text(40);
  if (!http::is_valid_header_name(name)) name = "x-other";
  HeaderName prepared(name);
  if (action == 0) {
    headers.add(prepared, value);
    model.add(name, value);
  } else if (action == 1) {
    headers.set(prepared, value);
    model.set(name, value);
  } else {
    PERIGEE_ASSERT(headers.remove(prepared) == model.remove(name));
  }
  PERIGEE_ASSERT(headers.live() == model.fields().size());
}

void expect_equal(const http::Headers& headers, const Model& model) {
  auto field = model.fields().begin();
  for (const http::Header& entry : headers.entries()) {
    if (entry.removed) continue;
    PERIGEE_ASSERT(entry.name() == field->name && entry.value() == field->value);
    ++field;
  }
}

void expect_one_valid_head(Arena& arena, const http::ResponseHead& head) {
  std::string written(http::write_response_head(
      arena, head, {.kind = http::WireFraming::Kind::length, .length = 7}));
  Arena other;
  http::ResponseHead again(other);
  http::H1Head info;
  http::H1Limits wide{.head_bytes_max = 1 << 20, .line_bytes_max = 8192, .headers_max = 10000};
  PERIGEE_ASSERT(http::parse_response(written, wide, http::Method::get, again, info).result ==
                 http::Parse::done);
  PERIGEE_ASSERT(info.bytes == written.size());
  PERIGEE_ASSERT(info.framing == http::Framing::length && info.content_length == 7);
  PERIGEE_ASSERT(again.headers.live() <= head.headers.live() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  Input input({reinterpret_cast<const char*>(bytes), size});
  Arena arena;
  http::ResponseHead head(arena);
  Model model;
  while (!input.empty() && model.fields().size() < 200) edit(input, head.headers, model);
  expect_equal(head.headers, model);
  expect_one_valid_head(arena, head);
  return 0;
}
