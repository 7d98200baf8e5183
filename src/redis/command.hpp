// Command: what is sent, as views of what the caller keeps; Script: a text that servers know by
// its SHA-1.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace perigee::redis {

// Immutable and shared by all workers. Takes what it touches as one KEY, the rest in ARGV.
class Script {
 public:
  explicit Script(std::string text);
  const std::string& text() const { return text_; }
  const std::string& sha() const { return sha_; }  // 40 hexadecimal digits

 private:
  std::string text_;
  std::string sha_;
};

struct Argument {
  Argument() = default;
  Argument(std::string_view t) : text(t) {}
  Argument(const std::string& t) : text(t) {}
  Argument(const char* t) : text(t) {}
  Argument(std::integral auto n) : number(n), is_number(true) {}

  std::string_view text;
  std::int64_t number = 0;
  bool is_number = false;  // written as decimal digits
};

// The texts of its arguments (and its script) must live until the call ends.
class Command {
 public:
  static constexpr std::size_t kArgumentsMax = 12;

  Command(std::initializer_list<Argument> words);  // {"ZADD", "perigee:nodes", now, id}
  // EVALSHA on one key; EVAL where the server does not know the script.
  Command(const Script& script, std::string_view key, std::initializer_list<Argument> arguments);
  Command& add(Argument argument);
  // The same with the script's text, which the server then knows by its SHA-1.
  Command with_text() const;

  const Script* script() const { return script_; }
  bool has_text() const { return has_text_; }
  std::span<const Argument> words() const { return {words_.data(), count_}; }

 private:
  const Script* script_ = nullptr;
  bool has_text_ = false;
  std::array<Argument, kArgumentsMax> words_;
  std::size_t count_ = 0;
};

// Appends the command as an array of texts, which every version of RESP takes.
void encode(const Command& command, std::string& out);

}  // namespace perigee::redis
