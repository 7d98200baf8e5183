// The only file that knows yaml-cpp. Its parser is used as a source of events, because its own
// node tree keeps no limits, follows aliases without counting and costs several times as much.
#include "config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>
#include <utility>

#include "config/utf16.hpp"

namespace perigee::config {
namespace {

constexpr std::uint32_t kNone = ~0U;

enum class Kind : std::uint8_t { scalar, map, list, alias };

struct Node {
  Kind kind = Kind::scalar;
  YamlKind scalar = YamlKind::plain;
  int line = 0;
  std::uint32_t first_child = kNone;  // of a map: key, value, key, value, ...
  std::uint32_t next_sibling = kNone;
  std::uint32_t target = kNone;  // of an alias
  std::string text;
};

struct Problem {  // thrown and caught in this file only: yaml-cpp offers no other way to stop
  int line;
  std::string message;
};

bool is_open_quote(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string_view special = quote == '"' ? "\"\\" : "'";
  while ((at = text.find_first_of(special, at + 1)) != std::string_view::npos) {
    const bool doubled = quote == '\'' && text.substr(at + 1).starts_with('\'');
    if (text[at] == quote && !doubled) return false;
    ++at;  // what is escaped
  }
  return true;
}

// Where the text of the scalar at `at` begins, past its anchor and its tag.
std::size_t past_properties(std::string_view text, std::size_t at) {
  constexpr std::string_view kBlank = " \t\r\n";
  while ((at = text.find_first_not_of(kBlank, at)) < text.size()) {
    if (!std::string_view("&!#").contains(text[at])) break;
    at = text.find_first_of(text[at] == '#' ? "\n" : kBlank, at);
  }
  return at;
}

// yaml-cpp takes the end of a text that follows a line end for a closing quote. `scalar` is where
// the last scalar of the text begins that is not plain, in bytes.
void refuse_open_quote(std::string_view text, std::size_t scalar) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // not counted by yaml-cpp
  const std::size_t at = past_properties(text, scalar);
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return;
  if (!is_open_quote(text, at)) return;
  const auto lines_before = std::ranges::count(text.substr(0, at), '\n');
  throw Problem{static_cast<int>(lines_before) + 1,
                std::string("not valid YAML: nothing closes the quote (") + text[at] +
                    ") that begins on this line"};
}

// Builds the nodes of one document.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(const YamlLimits& limits) : limits_(limits) {}

  std::vector<Node> nodes;

  std::optional<std::size_t> last_not_plain;  // scalar: where it begins, in bytes

  void OnDocumentStart(const YAML::Mark& mark) override {
    // The parser offers a document again and again that begins with what it cannot read.
    if (mark.pos == document_pos_)
      throw Problem{mark.line + 1, "not valid YAML: a document cannot begin like this"};
    document_pos_ = mark.pos;
    nodes.clear();
    open_.clear();
    anchors_.clear();
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    nodes[add(mark, anchor)].scalar = YamlKind::null;
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node& node = nodes[add(mark, 0)];
    node.kind = Kind::alias;
    node.target = anchors_.at(anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node& node = nodes[add(mark, anchor)];
    node.scalar = tag == "?" ? YamlKind::plain : YamlKind::quoted;
    if (tag != "?") last_not_plain = static_cast<std::size_t>(mark.pos);
    node.text = value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(add(mark, anchor), Kind::list);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(add(mark, anchor), Kind::map);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  int document_pos_ = -1;
  struct Open {
    std::uint32_t node;
    std::uint32_t last_child;
  };

  std::uint32_t add(const YAML::Mark& mark, YAML::anchor_t anchor) {
    const int line = mark.line + 1;
    if (nodes.size() >= limits_.nodes_max) {
      throw Problem{line, "more than " + std::to_string(limits_.nodes_max) + " values in one file"};
    }
    const auto index = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back({.line = line});
    if (!open_.empty()) {
      Open& parent = open_.back();
      (parent.last_child == kNone ? nodes[parent.node].first_child
                                  : nodes[parent.last_child].next_sibling) = index;
      parent.last_child = index;
    }
    if (anchor != 0) anchors_[anchor] = index;
    return index;
  }

  void open(std::uint32_t index, Kind kind) {
    nodes[index].kind = kind;
    if (std::cmp_greater_equal(open_.size(), limits_.depth_max)) {
      throw Problem{nodes[index].line,
                    "nested deeper than " + std::to_string(limits_.depth_max) + " levels"};
    }
    open_.push_back({index, kNone});
  }

  const YamlLimits& limits_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, std::uint32_t> anchors_;
};

// Walks the nodes of one document and appends its flat entries.
class Flattener {
 public:
  Flattener(const std::vector<Node>& nodes, const YamlLimits& limits, YamlFlat& flat)
      : nodes_(nodes), limits_(limits), flat_(flat) {}

  void document() {
    if (nodes_.empty()) return;
    const Node& root = nodes_[0];
    if (root.kind == Kind::map) return map(root, 0);
    if (root.kind == Kind::scalar && root.scalar == YamlKind::null) return;  // only comments
    throw Problem{root.line, "expected a mapping of keys at the top of the file"};
  }

 private:
  struct Member {
    std::string key;
    const Node* value;
    int line;
  };

  void value(const Node& node, int line, int depth) {
    count(node, depth);
    switch (node.kind) {
      case Kind::scalar:
        return leaf(node.text, node.scalar, line);
      case Kind::map:
        return map(node, depth + 1);
      case Kind::list:
        return list(node, depth + 1);
      case Kind::alias:
        return value(nodes_[node.target], line, depth + 1);
    }
  }

  void list(const Node& node, int depth) {
    if (node.first_child == kNone) return leaf({}, YamlKind::empty_block, node.line);
    std::size_t position = 0;
    for (auto child = node.first_child; child != kNone; child = nodes_[child].next_sibling) {
      const std::size_t length = path_.size();
      path_.append("[").append(std::to_string(position++)).append("]");
      value(nodes_[child], nodes_[child].line, depth);
      path_.resize(length);
    }
  }

  void map(const Node& node, int depth) {
    if (node.first_child == kNone) return leaf({}, YamlKind::empty_block, node.line);
    for (const Member& member : members(node, depth)) {
      const std::size_t length = path_.size();
      // A key that is an index by itself ("[404]") joins without a dot, as in the reference.
      if (!path_.empty() && !member.key.starts_with('[')) path_.push_back('.');
      path_.append(member.key);
      value(*member.value, member.line, depth);
      path_.resize(length);
    }
  }

  // The pairs of a map in order, those of merged maps last and only where the map has none.
  std::vector<Member> members(const Node& node, int depth) {
    std::vector<Member> found;
    std::vector<const Node*> merged;
    std::unordered_map<std::string, int> seen;
    for (auto at = node.first_child; at != kNone;) {
      const Node& key = nodes_[at];
      const Node& value = nodes_[key.next_sibling];
      at = value.next_sibling;
      if (key.kind == Kind::scalar && key.scalar == YamlKind::plain && key.text == "<<") {
        merged.push_back(&value);
        continue;
      }
      std::string name = key_name(key);
      const auto [first, fresh] = seen.try_emplace(name, key.line);
      if (!fresh) flat_.duplicates.push_back({joined(name), key.line, first->second});
      found.push_back({std::move(name), &value, key.line});
    }
    for (const Node* source : merged) merge(*source, depth + 1, found, seen);
    return found;
  }

  void merge(const Node& source, int depth, std::vector<Member>& found,
             std::unordered_map<std::string, int>& seen) {
    count(source, depth);
    if (source.kind == Kind::alias) return merge(nodes_[source.target], depth + 1, found, seen);
    if (source.kind == Kind::list) {
      for (auto at = source.first_child; at != kNone; at = nodes_[at].next_sibling) {
        merge(nodes_[at], depth + 1, found, seen);
      }
      return;
    }
    if (source.kind != Kind::map) {
      throw Problem{source.line, "'<<' expects a mapping or a list of mappings"};
    }
    for (Member& member : members(source, depth)) {
      count(*member.value, depth);
      if (seen.try_emplace(member.key, member.line).second) found.push_back(std::move(member));
    }
  }

  std::string key_name(const Node& key) const {
    const Node& real = key.kind == Kind::alias ? nodes_[key.target] : key;
    if (real.kind != Kind::scalar) throw Problem{key.line, "a key must be plain text"};
    // compat: an integer key is an index ("errors: { 404: ... }" is errors[404]); test
    // Yaml.TurnsIntegerKeysIntoIndexes.
    if (real.scalar == YamlKind::plain && !real.text.empty() &&
        real.text.find_first_not_of("0123456789") == std::string::npos) {
      return "[" + real.text + "]";
    }
    return real.text;
  }

  std::string joined(const std::string& name) const {
    return path_.empty() || name.starts_with('[') ? path_ + name : path_ + "." + name;
  }

  void leaf(const std::string& text, YamlKind kind, int line) {
    bytes_ += path_.size() + text.size();
    if (bytes_ > limits_.key_bytes_max) {
      throw Problem{line, "the keys and values unfold to more than " +
                              std::to_string(limits_.key_bytes_max) + " bytes"};
    }
    flat_.entries.push_back({path_, text, kind, line});
  }

  void count(const Node& node, int depth) {
    // An alias may stand inside its own anchor: the depth ends it.
    if (depth > limits_.depth_max) {
      throw Problem{node.line, "nested deeper than " + std::to_string(limits_.depth_max) +
                                   " levels once aliases are followed"};
    }
    if (++visited_ > limits_.nodes_max) {
      throw Problem{node.line, "unfolds to more than " + std::to_string(limits_.nodes_max) +
                                   " values once aliases are followed"};
    }
  }

  const std::vector<Node>& nodes_;
  const YamlLimits& limits_;
  YamlFlat& flat_;
  std::string path_;
  std::size_t visited_ = 0;
  std::size_t bytes_ = 0;
};

// Reads the caller's bytes in place.
class Bytes final : public std::streambuf {
 public:
  explicit Bytes(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf's get area is only read
    setg(begin, begin, begin + text.size());
  }
};

void read_documents(std::string_view text, const YamlLimits& limits, Builder& builder,
                    YamlFlat& flat) {
  Bytes bytes(text);
  std::istream stream(&bytes);
  YAML::Parser parser(stream);
  const auto next = [&] {
    try {
      return parser.HandleNextDocument(builder);
    } catch (const YAML::Exception&) {  // an end that is missing, for which the quote is to blame
      if (builder.last_not_plain) refuse_open_quote(text, *builder.last_not_plain);
      throw;
    }
  };
  while (next()) {
    if (builder.last_not_plain) refuse_open_quote(text, *builder.last_not_plain);
    Flattener(builder.nodes, limits, flat).document();
  }
}

bool is_indented_by_tab(std::string_view text, int line) {
  for (; line > 0 && text.contains('\n'); --line) text.remove_prefix(text.find('\n') + 1);
  return line == 0 && text.substr(0, text.find_first_not_of(" \t")).contains('\t');
}

// What to look at, for faults that yaml-cpp names by its own parts.
std::string_view advice_for(std::string_view message) {
  static const std::pair<std::string_view, std::string_view> kAdvice[] = {
      {YAML::ErrorMsg::MAP_VALUE,
       "; is this line indented as those beside it? Does a blank follow each ':' above it? A text "
       "that holds ': ' stands in quotes"},
      {YAML::ErrorMsg::END_OF_MAP, "; this line is indented as none of those above it"},
      {YAML::ErrorMsg::END_OF_SEQ, "; this line is indented as none of those above it"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "; nothing closes a '{' above"},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "; nothing closes a '[' above"},
      {YAML::ErrorMsg::UNKNOWN_TOKEN, "; a text that begins with this character stands in quotes"},
  };
  for (const auto& [fault, advice] : kAdvice) {
    if (message == fault) return advice;
  }
  return {};
}

std::unexpected<Error> failed(int line, const std::string& message) {
  return fail(ErrorCode::invalid, std::to_string(line) + ": " + message);
}

}  // namespace

Result<YamlFlat> flatten_yaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.bytes_max) {
    return failed(1, "the file has more than " + std::to_string(limits.bytes_max) + " bytes");
  }
  if (is_wide(text)) {
    TRY(const std::string utf8, narrowed(text));
    if (is_wide(utf8)) return failed(1, "not valid YAML: a NUL");
    return flatten_yaml(utf8, limits);
  }
  YamlFlat flat;
  try {
    Builder builder(limits);
    read_documents(text, limits, builder, flat);
  } catch (const Problem& problem) {
    return failed(problem.line, problem.message);
  } catch (const YAML::Exception& exception) {
    // With a line end the open quote is known by where it begins.
    if (exception.msg == YAML::ErrorMsg::EOF_IN_SCALAR && !text.ends_with('\n'))
      return flatten_yaml(std::string(text) + '\n', limits);
    const int line = exception.mark.line + 1;
    if (is_indented_by_tab(text, line - 1))
      return failed(line, "not valid YAML: a tab in the indentation; it takes blanks only");
    return failed(line, "not valid YAML: " + exception.msg + " (column " +
                            std::to_string(exception.mark.column + 1) + ")" +
                            std::string(advice_for(exception.msg)));
  } catch (const std::exception& exception) {
    return failed(1, std::string("not readable as YAML: ") + exception.what());
  }
  return flat;
}

}  // namespace perigee::config
