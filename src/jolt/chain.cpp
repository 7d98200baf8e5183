#include "jolt/chain.hpp"

#include <array>

#include "base/json.hpp"
#include "base/nearest.hpp"
#include "jolt/operation.hpp"

namespace perigee::jolt {

struct Chain::Data {
  JsonDocument specification;  // operations view its constants
  std::vector<std::unique_ptr<const Operation>> operations;
};

namespace {

constexpr std::array<std::string_view, 8> kOperations = {
    "shift",
    "default",
    "remove",
    "sort",
    "cardinality",
    "modify-overwrite-beta",
    "modify-default-beta",
    "modify-define-beta",
};

MadeOperation make_operation(Json entry) {
  if (!entry.is_object()) return refuse_at(entry, "expected an object with 'operation' and 'spec'");
  Json name = entry["operation"];
  if (!name.is_text()) return refuse_at(entry, "'operation' is missing");
  Json spec = entry["spec"];
  std::string_view text = name.text();
  if (text == "sort") return make_sort(spec);
  if (spec.absent()) return refuse_at(entry, "'spec' is missing");
  if (text == "shift") return make_shift(spec);
  if (text == "default") return make_default(spec);
  if (text == "remove") return make_remove(spec);
  if (text == "cardinality") return make_cardinality(spec);
  if (text == "modify-overwrite-beta") return make_modify(spec, WriteMode::overwrite);
  if (text == "modify-default-beta") return make_modify(spec, WriteMode::when_null);
  if (text == "modify-define-beta") return make_modify(spec, WriteMode::when_missing);
  return refuse_at(name, "unknown operation '" + std::string(text.substr(0, 100)) + "'" +
                             did_you_mean(text, kOperations) + "; valid: " + listed(kOperations));
}

// The reference's parser takes comments in a specification. They become blanks, so that places in
// it stay true.
std::string without_comments(std::string_view text) {
  std::string plain(text);
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (!quoted &&
               (text.substr(at).starts_with("//") || text.substr(at).starts_with("/*"))) {
      bool line = text[at + 1] == '/';
      std::size_t end = line ? text.find('\n', at) : text.find("*/", at + 2);
      if (end == text.npos && !line) break;  // the parser says what is wrong
      end = end == text.npos ? text.size() : line ? end : end + 2;
      for (; at < end; ++at) plain[at] = plain[at] == '\n' ? '\n' : ' ';
      --at;
    }
  }
  return plain;
}

}  // namespace

std::vector<std::string_view> alternatives(std::string_view key) {
  std::vector<std::string_view> keys;
  for (;;) {
    std::size_t end = key.find('|');
    if (end != 0 || key.size() == 1) keys.push_back(key.substr(0, end));
    if (end == key.npos || end + 1 == key.size()) return keys;
    key.remove_prefix(end + 1);
  }
}

std::unexpected<Error> refuse_at(Json spec, const std::string& why) {
  std::string pointer = spec.pointer();
  return fail(ErrorCode::invalid, (pointer.empty() ? "the specification" : pointer) + ": " + why);
}

Result<Chain> Chain::compile(std::string_view specification) {
  JsonDocument::Limits limits{.bytes_max = kSpecificationBytesMax,
                              .depth_max = kSpecificationDepthMax};
  TRY(JsonDocument document, JsonDocument::parse(without_comments(specification), limits));
  auto data = std::make_shared<Data>(Data{.specification = std::move(document), .operations = {}});
  Json root = data->specification.root();
  if (!root.is_array()) return refuse_at(root, "expected an array of operations");
  if (root.size() == 0) return refuse_at(root, "it has no operation");
  if (root.size() > kOperationsMax)
    return refuse_at(root, "it has more than " + std::to_string(kOperationsMax) + " operations");
  for (const JsonNode& entry : root.items()) {
    TRY(std::unique_ptr<const Operation> operation, make_operation(Json(entry)));
    data->operations.push_back(std::move(operation));
  }
  return Chain(std::move(data));
}

Result<std::string> Chain::transform(std::string_view json, const Limits& limits) const {
  TRY(JsonDocument document, JsonDocument::parse(json));
  Arena arena(64 * 1024);
  Run run(arena, limits);
  Node* node = run.copy(document.root());
  for (std::size_t i = 0; i < data_->operations.size() && !run.failed(); ++i)
    node = data_->operations[i]->apply(node, run);
  std::string text = run.failed() ? std::string() : written(*node, limits.result_bytes_max, run);
  if (run.failed()) return fail(ErrorCode::limit, run.problem());
  return text;
}

}  // namespace perigee::jolt
