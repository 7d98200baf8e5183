#include "redis/reply.hpp"

#include <charconv>

namespace perigee::redis {

ReplyKind Value::kind() const {
  return reply_ && at_ < reply_->count_ ? reply_->node(at_).kind : ReplyKind::null;
}

std::string_view Value::text() const {
  const ReplyKind is = kind();
  if (is != ReplyKind::text && is != ReplyKind::status && is != ReplyKind::error) return {};
  const Reply::Node::Text where = reply_->node(at_).text;
  return std::string_view(reply_->texts_).substr(where.at, where.bytes);
}

std::int64_t Value::integer() const {
  const ReplyKind is = kind();
  return is == ReplyKind::integer || is == ReplyKind::boolean ? reply_->node(at_).integer : 0;
}

double Value::real() const { return kind() == ReplyKind::real ? reply_->node(at_).real : 0; }

std::optional<std::int64_t> Value::number() const {
  if (kind() == ReplyKind::integer) return integer();
  const std::string_view digits = text();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::size_t Value::size() const {
  const ReplyKind is = kind();
  const bool has_elements = is == ReplyKind::list || is == ReplyKind::map || is == ReplyKind::push;
  return has_elements ? reply_->node(at_).elements : 0;
}

Value Value::at(std::size_t index) const {
  if (index >= size()) return {nullptr, 0};
  Iterator element = begin();
  while (index-- > 0) ++element;
  return *element;
}

Value Value::field(std::string_view name) const {
  const Iterator none = end();
  for (Iterator key = begin(); key != none; ++key) {
    const bool found = (*key).text() == name && (*key).kind() != ReplyKind::error;
    ++key;
    if (key == none) break;
    if (found) return *key;
  }
  return {nullptr, 0};
}

Value::Iterator Value::begin() const { return size() == 0 ? end() : Iterator(reply_, at_ + 1); }

Value::Iterator Value::end() const {
  return {reply_, size() == 0 ? at_ : at_ + reply_->node(at_).span};
}

Value::Iterator& Value::Iterator::operator++() {
  at_ += reply_->node(at_).span;
  return *this;
}

void Reply::add(const Node& node) {
  if (many_.empty() && count_ < kFew) {
    few_[count_] = node;
  } else {
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(node);
  }
  ++count_;
}

void Reply::cut(std::size_t count, std::size_t text_bytes) {
  if (!many_.empty()) many_.resize(count);
  // An empty row is one of the few again; what is left of a long one stays where it is.
  count_ = count;
  texts_.resize(text_bytes);
}

}  // namespace perigee::redis
