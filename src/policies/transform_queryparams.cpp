// transform-queryparams: clears, sets, appends, then removes parameters of the request's query.
// Spec: policies/others.md row 12. Docs: docs/policies/transform-queryparams.md
#include <algorithm>

#include "base/hex.hpp"
#include "policies/catalog.hpp"
#include "policy/query.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::QueryParameter;
using policy::Verdict;

constexpr std::string_view kWarningKey = "TRANSFORM_QUERYPARAMS_FAILURE";

struct Assignment {
  std::string name;  // encoded
  el::Template value;
  bool append = false;
};

struct Config {
  bool clear_all = false;
  std::vector<Assignment> add;
  std::vector<std::string> remove;
};

// Spaces, and the bytes that no request target can hold. Nothing else: a value may be several
// parameters, or encoded already.
std::string encoded(std::string_view text) {
  return percent_encoded(text, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

// An entry without a name or a value does nothing.
std::vector<Assignment> assignments(ConfigObject& from) {
  std::vector<Assignment> parsed;
  for (ConfigObject& item : from.objects("addQueryParameters")) {
    std::string name = item.text("name");
    std::optional<el::Template> value = item.expression("value");
    bool append = item.boolean("appendToExistingArray", false);
    item.finish();
    if (!is_blank(name) && value) parsed.push_back({encoded(name), *std::move(value), append});
  }
  return parsed;
}

Config parse(ConfigObject& from) {
  Config config;
  config.clear_all = from.boolean("clearAll", false);
  config.add = assignments(from);
  for (std::string& name : from.texts("removeQueryParameters")) {
    if (!is_blank(name)) config.remove.push_back(std::move(name));
  }
  from.finish();
  return config;
}

// The request's query as a list while it is edited; written back only when somebody may look.
class QueryEditor {
 public:
  QueryEditor(Exchange& exchange, bool clear) : exchange_(exchange), changed_(clear) {
    if (clear) return;
    policy::QueryReader reader(exchange.request.query);
    while (std::optional<QueryParameter> parameter = reader.next())
      parameters_.push_back(*parameter);
  }

  // The name and the value live as long as the exchange.
  void append(std::string_view name, std::string_view value) {
    parameters_.push_back({name, value, true});
    changed_ = true;
  }
  // In the place of the first of that name.
  void set(std::string_view name, std::string_view value) {
    auto same = [&](const QueryParameter& parameter) { return parameter.name == name; };
    auto first = std::ranges::find_if(parameters_, same);
    if (first == parameters_.end()) return append(name, value);
    *first = {name, value, true};
    parameters_.erase(std::remove_if(first + 1, parameters_.end(), same), parameters_.end());
    changed_ = true;
  }
  void remove(std::string_view name) {
    auto same = [&](const QueryParameter& parameter) { return parameter.name == name; };
    changed_ = std::erase_if(parameters_, same) > 0 || changed_;
  }

  void write() {
    if (!std::exchange(changed_, false)) return;
    std::string text;
    for (const QueryParameter& parameter : parameters_) {
      if (!text.empty()) text += '&';
      text.append(parameter.name);
      if (parameter.has_value) text.append("=").append(parameter.value);
    }
    exchange_.request.query = exchange_.arena.copy(text);
    exchange_.request.has_query = !text.empty();
  }

 private:
  Exchange& exchange_;
  std::vector<QueryParameter> parameters_;
  bool changed_;
};

class TransformQueryParameters final : public policy::Policy {
 public:
  explicit TransformQueryParameters(Config config) : config_(std::move(config)) {
    for (const Assignment& assignment : config_.add) needs_.bits |= assignment.value.needs().bits;
  }

  Async<Verdict> on_request(Exchange& exchange) const override {
    QueryEditor query(exchange, config_.clear_all);
    for (const Assignment& assignment : config_.add) add(assignment, exchange, query);
    if (!config_.clear_all) {
      for (const std::string& name : config_.remove) query.remove(name);
    }
    query.write();
    return Verdict::next();
  }
  el::Needs needs(Phase phase) const override {
    return phase == Phase::request ? needs_ : el::Needs{};
  }

 private:
  // An expression sees what entries before it changed; one that fails or gives nothing is left out.
  static void add(const Assignment& assignment, Exchange& exchange, QueryEditor& query) {
    if (!assignment.value.is_constant()) query.write();
    Result<std::optional<std::string_view>> value = assignment.value.text(exchange, exchange.arena);
    if (!value) return exchange.warn(kWarningKey, value.error().message);
    if (!*value) return;
    std::string_view kept = exchange.arena.copy(encoded(**value));
    assignment.append ? query.append(assignment.name, kept) : query.set(assignment.name, kept);
  }

  Config config_;
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const TransformQueryParameters>(parse(from));
}

}  // namespace

policy::Registration transform_queryparams() {
  return {.id = "transform-queryparams", .make = &make, .only = policy::Phase::request};
}

}  // namespace perigee::policies
