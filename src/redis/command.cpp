#include "redis/command.hpp"

#include <openssl/evp.h>

#include <charconv>

#include "base/assert.hpp"

namespace perigee::redis {

namespace {

constexpr std::size_t kDigitsMax = 20;

std::string sha1_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned bytes = 0;
  PERIGEE_ASSERT(EVP_Digest(text.data(), text.size(), digest.data(), &bytes, EVP_sha1(), nullptr) ==
                 1);
  std::string hex;
  for (unsigned i = 0; i < bytes; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

void put_number(std::int64_t number, std::string& out) {
  std::array<char, kDigitsMax> digits;
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), number);
  out.append(digits.data(), end);
}

void put_header(char type, std::size_t count, std::string& out) {
  out += type;
  put_number(static_cast<std::int64_t>(count), out);
  out += "\r\n";
}

void put_text(std::string_view text, std::string& out) {
  put_header('$', text.size(), out);
  out.append(text).append("\r\n");
}

void put(const Argument& argument, std::string& out) {
  if (!argument.is_number) return put_text(argument.text, out);
  std::array<char, kDigitsMax> digits;
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), argument.number);
  put_text({digits.data(), end}, out);
}

}  // namespace

Script::Script(std::string text) : text_(std::move(text)), sha_(sha1_hex(text_)) {}

Command::Command(std::initializer_list<Argument> words) {
  for (const Argument& word : words) add(word);
}

Command::Command(const Script& script, std::string_view key,
                 std::initializer_list<Argument> arguments)
    : script_(&script) {
  add(key);
  for (const Argument& argument : arguments) add(argument);
}

Command& Command::add(Argument argument) {
  PERIGEE_ASSERT(count_ < kArgumentsMax);
  words_[count_++] = argument;
  return *this;
}

Command Command::with_text() const {
  Command same = *this;
  same.has_text_ = true;
  return same;
}

void encode(const Command& command, std::string& out) {
  const Script* script = command.script();
  put_header('*', command.words().size() + (script ? 3 : 0), out);
  if (script) {
    put_text(command.has_text() ? "EVAL" : "EVALSHA", out);
    put_text(command.has_text() ? script->text() : script->sha(), out);
    put_text("1", out);
  }
  for (const Argument& word : command.words()) put(word, out);
}

}  // namespace perigee::redis
