// Reply: what a server answered. All values lie in one row and all texts in one string, so that a
// short reply of numbers takes nothing from the heap and a hostile one costs what its bytes do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perigee::redis {

enum class ReplyKind : std::uint8_t {
  null,
  text,
  status,  // "OK"
  error,   // "READONLY You can't ..."
  integer,
  real,
  boolean,
  list,  // an array or a set
  map,   // its keys and values take turns
  push,  // out of band: a message
};

class Reply;

// One value of a reply, which it must not outlive. What is asked of a value of another kind, or
// beyond its end, is null, empty or 0: a reply has the shape that a stranger gave it.
class Value {
 public:
  ReplyKind kind() const;
  bool is_null() const { return kind() == ReplyKind::null; }
  bool is_error() const { return kind() == ReplyKind::error; }
  std::string_view text() const;               // of a text, status or error
  std::int64_t integer() const;                // of an integer or boolean
  double real() const;                         // of a real
  std::optional<std::int64_t> number() const;  // of an integer, or of a text that is one
  std::size_t size() const;                    // elements; keys and values of a map
  Value at(std::size_t index) const;           // walks over those before it
  // The value after `name` in a map, or in a list of names and values, which RESP2 has instead.
  Value field(std::string_view name) const;

  class Iterator {
   public:
    Iterator(const Reply* reply, std::size_t at) : reply_(reply), at_(at) {}
    Value operator*() const { return {reply_, at_}; }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const Reply* reply_;
    std::size_t at_;
  };
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class Reply;
  Value(const Reply* reply, std::size_t at) : reply_(reply), at_(at) {}
  const Reply* reply_;  // null: nothing is here
  std::size_t at_;
};

class Reply {
 public:
  Reply() = default;  // null
  Value value() const { return {this, 0}; }
  ReplyKind kind() const { return value().kind(); }
  bool is_null() const { return value().is_null(); }
  bool is_error() const { return value().is_error(); }
  std::string_view text() const { return value().text(); }
  std::int64_t integer() const { return value().integer(); }
  std::size_t size() const { return value().size(); }
  Value at(std::size_t index) const { return value().at(index); }

 private:
  friend class Value;
  friend class ReplyParser;
  struct Node {
    struct Text {
      std::uint32_t at, bytes;
    };
    ReplyKind kind = ReplyKind::null;
    std::uint32_t span = 1;  // values in the row that belong to this one, itself included
    union {
      std::int64_t integer = 0;
      double real;
      Text text;
      std::size_t elements;
    };
  };
  static constexpr std::size_t kFew = 8;

  const Node& node(std::size_t at) const { return many_.empty() ? few_[at] : many_[at]; }
  Node& node(std::size_t at) { return many_.empty() ? few_[at] : many_[at]; }
  void add(const Node& node);
  void cut(std::size_t count, std::size_t text_bytes);  // forgets what came later

  std::array<Node, kFew> few_;
  std::vector<Node> many_;  // all of them, once there are more than a few
  std::size_t count_ = 0;
  std::string texts_;
};

}  // namespace perigee::redis
