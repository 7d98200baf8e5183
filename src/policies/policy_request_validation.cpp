// policy-request-validation: values of the request must obey constraints; all violations are
// answered together. Spec: policies/others.md row 8. Docs:
// docs/policies/policy-request-validation.md
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/json.hpp"
#include "el/convert.hpp"
#include "el/regex.hpp"
#include "el/text.hpp"
#include "policies/catalog.hpp"
#include "policies/date_pattern.hpp"

namespace perigee::policies {
namespace {

using policy::ConfigObject;
using policy::Exchange;
using policy::Phase;
using policy::Verdict;

constexpr std::string_view kFailureKey = "REQUEST_VALIDATION_INVALID";

enum class Type : std::uint8_t { not_null, min, max, mail, date, pattern, size, one_of };

struct TypeInfo {
  std::string_view name;
  std::size_t parameters;  // at least so many
  std::string_view message;
};
constexpr std::array<TypeInfo, 8> kTypes = {{
    {"NOT_NULL", 0, "'%s' can not be null."},
    {"MIN", 1, "'%s' must be higher or equals to '%s'"},
    {"MAX", 1, "'%s' must be lower or equals to '%s'"},
    {"MAIL", 0, "%s is not a valid email."},
    {"DATE", 1, "'%s' is not valid (format: '%s')"},
    {"PATTERN", 1, "'%s' is not valid (pattern: '%s')"},
    {"SIZE", 2, "'%s' length must be higher or equals to '%s' and lower or equals to '%s'"},
    {"ENUM", 1, "'%s' not included in ENUM"},
}};
const TypeInfo& info_of(Type type) { return kTypes[static_cast<std::size_t>(type)]; }

// A message with places for the value and the parameters: the part of Java's format that such
// messages use (%s, %2$s, %n, %%), read once.
class Message {
 public:
  // `arguments`: how many there are.
  static Result<Message> compile(std::string_view text, std::size_t arguments);
  std::string text(std::span<const std::optional<std::string_view>> arguments) const;

 private:
  struct Piece {
    std::string text;
    std::size_t argument = 0;  // from 1; 0: none
  };
  std::vector<Piece> pieces_;
};

Result<Message> Message::compile(std::string_view text, std::size_t arguments) {
  Message made;
  made.pieces_.emplace_back();
  std::size_t next = 1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      made.pieces_.back().text += text[at];
      continue;
    }
    std::string_view rest = text.substr(at + 1);
    std::size_t argument = 0;
    auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), argument);
    std::size_t digits = static_cast<std::size_t>(end - rest.data());
    bool indexed = problem == std::errc() && rest.substr(digits).starts_with('$');
    if (indexed) rest.remove_prefix(digits + 1);
    if (!indexed && (rest.starts_with('%') || rest.starts_with('n'))) {
      made.pieces_.back().text += rest[0] == 'n' ? '\n' : '%';
    } else if (rest.starts_with('s')) {
      if (!indexed) argument = next++;
      if (argument < 1 || argument > arguments)
        return fail(ErrorCode::invalid, "it names value " + std::to_string(argument) +
                                            ", but there are only " + std::to_string(arguments) +
                                            " (the input and the parameters)");
      made.pieces_.back().argument = argument;
      made.pieces_.emplace_back();
    } else {
      return fail(ErrorCode::unsupported, "only %s, %1$s, %n and %% are supported, found '" +
                                              std::string(text.substr(at, 4)) + "'");
    }
    at = static_cast<std::size_t>(rest.data() - text.data());
  }
  return made;
}

std::string Message::text(std::span<const std::optional<std::string_view>> arguments) const {
  std::string made;
  for (const Piece& piece : pieces_) {
    made += piece.text;
    if (piece.argument > 0) made += arguments[piece.argument - 1].value_or("null");
  }
  return made;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Java's Double.parseDouble and then longValue(): cut to a whole number.
std::optional<std::int64_t> cut_number(std::string_view text) {
  std::optional<double> number = el::parse_real(text);
  if (!number) return std::nullopt;
  if (std::isnan(*number)) return 0;
  constexpr double kEdge = 9223372036854775808.0;
  if (*number >= kEdge) return std::numeric_limits<std::int64_t>::max();
  if (*number <= -kEdge) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(*number);
}

using Texts = std::span<const std::optional<std::string_view>>;

// The parameters of a constraint, made ready: at load when they are constant.
struct Limits {
  std::int64_t low = 0, high = 0;
  std::shared_ptr<const el::Regex> regex;
  std::optional<DatePattern> date;
};

Result<std::int64_t> limit_of(std::optional<std::string_view> parameter) {
  std::optional<std::int64_t> number = whole_number(parameter.value_or(""));
  if (number) return *number;
  return fail(ErrorCode::invalid,
              "'" + std::string(parameter.value_or("").substr(0, 100)) + "' is not a whole number");
}

Result<Limits> limits_of(Type type, Texts parameters) {
  constexpr std::string_view kMail = "(?i)^[A-Z0-9._%+-]+@[A-Z0-9.-]+\\.[A-Z]{2,6}$";
  Limits limits;
  switch (type) {
    case Type::min:
    case Type::max: {
      TRY(limits.low, limit_of(parameters[0]));
      limits.high = limits.low;
      break;
    }
    case Type::size: {
      TRY(limits.low, limit_of(parameters[0]));
      TRY(limits.high, limit_of(parameters[1]));
      break;
    }
    case Type::mail:
    case Type::pattern: {
      TRY(limits.regex,
          el::Regex::compile(type == Type::mail ? kMail : parameters[0].value_or("")));
      break;
    }
    case Type::date: {
      TRY(limits.date, DatePattern::compile(parameters[0].value_or("")));
      break;
    }
    case Type::not_null:
    case Type::one_of:
      break;
  }
  return limits;
}

bool holds(Type type, std::string_view value, Texts parameters, const Limits& limits) {
  el::Regex::Match match;
  switch (type) {
    case Type::not_null:
      return !el::trim(value).empty();
    case Type::min: {
      std::optional<std::int64_t> number = cut_number(value);
      return number && *number >= limits.low;
    }
    case Type::max: {
      std::optional<std::int64_t> number = cut_number(value);
      return number && *number <= limits.high;
    }
    case Type::size: {
      auto units = static_cast<std::int64_t>(el::units_of(value));
      return units >= limits.low && units <= limits.high;
    }
    case Type::mail:
    case Type::pattern:
      return el::Search(*limits.regex, value).find(0, match);
    case Type::date:
      return limits.date->matches(value);
    case Type::one_of:
      return std::ranges::find(parameters, std::optional(value)) != parameters.end();
  }
  return false;
}

struct Rule {
  el::Template input;
  bool required = true;
  Type type = Type::not_null;
  std::vector<el::Template> parameters;
  Message message;
  std::optional<Limits> limits;  // nothing: a parameter is an expression
};

std::vector<el::Template> parse_parameters(ConfigObject& constraint, Type type) {
  std::vector<el::Template> parameters;
  std::vector<std::string> texts = constraint.texts("parameters");
  for (const std::string& text : texts) {
    if (auto compiled = constraint.compile("parameters", text))
      parameters.push_back(*std::move(compiled));
  }
  if (texts.size() < info_of(type).parameters)
    constraint.error("parameters", std::string(info_of(type).name) + " needs " +
                                       std::to_string(info_of(type).parameters) +
                                       " of them, found " + std::to_string(texts.size()));
  return parameters;
}

// Constant parameters are looked at now.
void parse_limits(ConfigObject& constraint, Rule& rule) {
  if (rule.parameters.size() < info_of(rule.type).parameters) return;
  std::vector<std::optional<std::string_view>> texts;
  for (const el::Template& parameter : rule.parameters) {
    if (!parameter.is_constant()) return;
    texts.emplace_back(parameter.constant_text());
  }
  Result<Limits> limits = limits_of(rule.type, texts);
  if (limits) {
    rule.limits = *std::move(limits);
  } else {
    constraint.error("parameters", limits.error().message);
  }
}

void parse_constraint(ConfigObject constraint, Rule& rule) {
  std::array<std::string_view, kTypes.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kTypes[i].name;
  rule.type = constraint.choice("type", names, Type::not_null);
  rule.parameters = parse_parameters(constraint, rule.type);
  std::string message = constraint.text("message");
  if (message.empty()) message = info_of(rule.type).message;
  Result<Message> compiled = Message::compile(message, rule.parameters.size() + 1);
  if (compiled) {
    rule.message = *std::move(compiled);
  } else {
    constraint.error("message", compiled.error().message);
  }
  parse_limits(constraint, rule);
  constraint.finish();
}

struct Config {
  int status = 400;
  std::vector<Rule> rules;
};

int parse_status(ConfigObject& from) {
  auto status = static_cast<int>(from.number("status", 400, {.low = 100, .high = 599}));
  if (status >= 200) return status;
  from.warning("status", "no answer ends with " + std::to_string(status) + "; 400 is sent");
  return 400;
}

Config parse(ConfigObject& from) {
  Config config;
  config.status = parse_status(from);
  for (ConfigObject& item : from.objects("rules")) {
    std::optional<el::Template> input = item.required_expression("input");
    Rule rule{.input = input ? *std::move(input) : el::Template::refused({}, Error())};
    rule.required = item.boolean("isRequired", true);
    parse_constraint(item.object("constraint"), rule);
    item.finish();
    config.rules.push_back(std::move(rule));
  }
  from.finish();
  return config;
}

class RequestValidation final : public policy::Policy {
 public:
  explicit RequestValidation(Config config) : config_(std::move(config)) {
    for (const Rule& rule : config_.rules) {
      needs_.bits |= rule.input.needs().bits;
      for (const el::Template& parameter : rule.parameters) needs_.bits |= parameter.needs().bits;
    }
  }
  el::Needs needs(Phase phase) const override {
    return phase == Phase::request ? needs_ : el::Needs();
  }

  Async<Verdict> on_request(Exchange& exchange) const override {
    el::PatternAllowance patterns;  // of expressions
    std::vector<std::string> violations;
    for (const Rule& rule : config_.rules) {
      Result<void> looked = look(rule, exchange, violations);
      if (!looked) return Verdict::broken(looked.error());
    }
    return violations.empty() ? Verdict::next() : failure(violations);
  }

 private:
  static Result<void> look(const Rule& rule, Exchange& exchange,
                           std::vector<std::string>& violations) {
    Result<std::optional<std::string_view>> input = rule.input.text(exchange, exchange.arena);
    if (!input) {
      violations.push_back("Unable to evaluate expression: " + std::string(rule.input.source()) +
                           " -> It might be related to an invalid request body");
      return {};
    }
    if (!rule.required && !*input) return {};
    std::vector<std::optional<std::string_view>> texts = {*input};
    for (const el::Template& parameter : rule.parameters) {
      TRY(std::optional<std::string_view> text, parameter.text(exchange, exchange.arena));
      texts.push_back(text);
    }
    Texts parameters = Texts(texts).subspan(1);
    if (!*input || !obeys(rule, **input, parameters))
      violations.push_back(rule.message.text(texts));
    return {};
  }

  // What a parameter says that cannot be used, nothing obeys.
  static bool obeys(const Rule& rule, std::string_view value, Texts parameters) {
    if (rule.limits) return holds(rule.type, value, parameters, *rule.limits);
    Result<Limits> limits = limits_of(rule.type, parameters);
    return limits && holds(rule.type, value, parameters, *limits);
  }

  Verdict failure(const std::vector<std::string>& violations) const {
    std::string list, json;
    for (const std::string& violation : violations) {
      if (!list.empty()) list += ',';
      if (!json.empty()) json += ',';
      list += violation;
      append_json_quoted(json, violation);
    }
    return Verdict::fail(
        {.status = config_.status,
         .key = std::string(kFailureKey),
         .message = R"({"message":"Request is not valid according to constraint rules",)"
                    R"("constraints":[)" +
                    json + "]}",
         .parameters = {{"violations", std::move(list)}}});
  }

  Config config_;
  el::Needs needs_;
};

std::unique_ptr<const policy::Policy> make(ConfigObject from, const policy::Services&) {
  return std::make_unique<const RequestValidation>(parse(from));
}

}  // namespace

policy::Registration policy_request_validation() {
  return {.id = "policy-request-validation",
          .make = &make,
          .scope = policy::ScopeRule::always,
          .only = policy::Phase::request};
}

}  // namespace perigee::policies
