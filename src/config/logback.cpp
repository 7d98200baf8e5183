#include "config/logback.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "base/log_pattern.hpp"
#include "config/values.hpp"
#include "config/xml.hpp"

namespace perigee::config {
namespace {

// "${name}" and "${name:-default}", which may nest; what names nothing stays as it is. So does what
// is left when properties that stand for properties would unfold without end.
class Substitution {
 public:
  explicit Substitution(const LogbackNames& names) : names_(names) {}

  std::string of(std::string_view text, int depth = 0) {
    std::string result;
    for (std::size_t begin; depth < kDepthMax && (begin = text.find("${")) != text.npos;) {
      const std::size_t end = end_of(text, begin);
      if (end == text.npos || ++references_ > kReferencesMax) break;
      const std::string value = value_of(text.substr(begin, end - begin), depth + 1);
      if (result.size() + begin + value.size() > kBytesMax) break;
      result.append(text.substr(0, begin)).append(value);
      text.remove_prefix(end);
    }
    return result.append(text);
  }

 private:
  static constexpr int kDepthMax = 8;
  static constexpr int kReferencesMax = 1000;
  static constexpr std::size_t kBytesMax = 64 << 10;

  // Behind the '}' that belongs to the "${" at `begin`.
  static std::size_t end_of(std::string_view text, std::size_t begin) {
    int open = 1;
    for (std::size_t at = begin + 2; at < text.size(); ++at) {
      if (text.substr(at, 2) == "${") ++open;
      if (text[at] == '}' && --open == 0) return at + 1;
    }
    return text.npos;
  }

  std::string value_of(std::string_view reference, int depth) {
    const std::string_view inside = reference.substr(2, reference.size() - 3);
    const auto colon = inside.find(":-");
    std::optional<std::string> value = names_(of(inside.substr(0, colon), depth));
    if (!value && colon != inside.npos) value = inside.substr(colon + 2);
    return value ? of(*value, depth) : std::string(reference);
  }

  const LogbackNames& names_;
  int references_ = 0;
};

Diagnostic unusable(std::string origin, const std::string& why) {
  return {.severity = Severity::error,
          .origin = std::move(origin),
          .message = why + "; nothing of it is used",
          .stops_reload = true};
}

class Logback {
 public:
  Logback(const std::string& path, const LogbackNames& names, Log& log, Diagnostics& diagnostics)
      : path_(path), names_(names), log_(log), diagnostics_(diagnostics) {}

  void read(const XmlElement& root) {
    if (root.name != "configuration") {
      return diagnostics_.push_back(unusable(path_ + ":" + std::to_string(root.line),
                                             "expected <configuration>, got <" + root.name + ">"));
    }
    log_.levels = {{"ROOT", log::Level::warn}};
    for (const XmlElement& child : root.children) top_level(child);
    use_appenders();
    tell_ignored();
  }

 private:
  struct Appender {
    bool console = false;
    bool file = false;
    bool json = false;
    std::string pattern;
    int line = 0;
    std::vector<std::string> refs;  // of one that passes on: AsyncAppender
  };

  void top_level(const XmlElement& element) {
    if (element.name == "property" || element.name == "variable") {
      const std::string value = element.attribute("value");
      if (value.empty()) return ignore(element);
      properties_[element.attribute("name")] = with_names(value);
    } else if (element.name == "appender") {
      read_appender(element);
    } else if (element.name == "logger" || element.name == "root") {
      read_logger(element);
    } else {
      ignore(element);
    }
  }

  void read_logger(const XmlElement& element) {
    const bool root = element.name == "root";
    const std::string name = root ? "ROOT" : element.attribute("name");
    std::string level = with_names(element.attribute("level"));
    for (const XmlElement& child : element.children) {
      if (child.name == "level") {
        level = with_names(child.attribute("value"));
      } else if (child.name == "appender-ref" && root) {
        root_refs_.push_back(with_names(child.attribute("ref")));
      } else {
        ignore(child);
      }
    }
    if (!name.empty() && !level.empty()) set_level(name, level, element.line);
  }

  void set_level(const std::string& logger, const std::string& text, int line) {
    using log::Level;
    constexpr std::array<std::pair<std::string_view, Level>, 7> kLevels = {{{"ALL", Level::trace},
                                                                            {"TRACE", Level::trace},
                                                                            {"DEBUG", Level::debug},
                                                                            {"INFO", Level::info},
                                                                            {"WARN", Level::warn},
                                                                            {"ERROR", Level::error},
                                                                            {"OFF", Level::off}}};
    if (equals_ignoring_case(text, "INHERITED") || equals_ignoring_case(text, "NULL")) return;
    for (const auto& [word, level] : kLevels) {
      if (!equals_ignoring_case(text, word)) continue;
      log_.levels[equals_ignoring_case(logger, "ROOT") ? "ROOT" : logger] = level;
      return;
    }
    say(Severity::warning, line,
        "level of '" + logger + "': expected one of ALL|TRACE|DEBUG|INFO|WARN|ERROR|OFF, got '" +
            text + "'; it is inherited");
  }

  void read_appender(const XmlElement& element) {
    Appender& appender = appenders_[element.attribute("name")];
    const std::string type = element.attribute("class");
    appender.console = type.ends_with("ConsoleAppender");
    appender.file = type.ends_with("FileAppender");
    appender.line = element.line;
    for (const XmlElement& child : element.children) {
      if (child.name == "encoder" || child.name == "layout") {
        read_encoder(child, appender);
      } else if (child.name == "appender-ref") {
        appender.refs.push_back(with_names(child.attribute("ref")));
      } else if (!(appender.console && child.name == "target" &&
                   trimmed(child.text) == "System.out")) {
        ignore(child);
      }
    }
  }

  void read_encoder(const XmlElement& element, Appender& appender) {
    const std::string type = ascii_lower(element.attribute("class"));
    appender.json |= type.contains("json") || type.contains("logstash");
    for (const XmlElement& child : element.children) {
      if (child.name == "pattern" && child.children.empty()) {
        appender.pattern = with_names(trimmed(child.text));
        appender.line = child.line;
      } else if (child.name == "layout") {
        read_encoder(child, appender);
      } else {
        ignore(child);
      }
    }
  }

  // Those that the root logger writes to, through others that pass on.
  std::vector<const Appender*> used_appenders() const {
    std::set<std::string> seen;
    std::vector<const Appender*> used;
    std::vector<std::string> next(root_refs_.rbegin(), root_refs_.rend());
    while (!next.empty()) {
      const auto at = appenders_.find(next.back());
      next.pop_back();
      if (at == appenders_.end() || !seen.insert(at->first).second) continue;
      if (at->second.console || at->second.file) used.push_back(&at->second);
      next.insert(next.end(), at->second.refs.rbegin(), at->second.refs.rend());
    }
    return used;
  }

  void use_appenders() {
    const std::vector<const Appender*> used = used_appenders();
    if (used.empty()) {
      return say(Severity::warning, 0,
                 "the root logger has no ConsoleAppender and no FileAppender; lines go to the "
                 "console in the default pattern");
    }
    const auto console = std::ranges::find_if(used, &Appender::console);
    log_.console = console != used.end();
    log_.file = std::ranges::any_of(used, &Appender::file);
    // One look for both; the console's, when there is one.
    const Appender& look = log_.console ? **console : *used.front();
    for (const Appender* other : used) {
      if (other->pattern == look.pattern && other->json == look.json) continue;
      say(Severity::warning, other->line,
          "console and file get the same lines, so this encoder is not used but that of line " +
              std::to_string(look.line));
    }
    log_.format = look.json ? log::Format::json : log::Format::pattern;
    if (look.json) return;
    log_.pattern = look.pattern;
    std::vector<std::string> warnings;
    log::Pattern::compile(look.pattern, warnings);
    for (const std::string& warning : warnings) say(Severity::warning, look.line, warning);
  }

  void ignore(const XmlElement& element) { ignored_.insert("<" + element.name + ">"); }

  void tell_ignored() {
    if (ignored_.empty()) return;
    std::string names;
    for (const std::string& name : ignored_) names += (names.empty() ? "" : ", ") + name;
    say(Severity::info, 0,
        "without effect here: " + names +
            "; levels, encoders and patterns are read, and files are logs/gravitee_YYYY-MM-DD.log, "
            "30 of them");
  }

  std::string with_names(std::string_view text) const {
    const LogbackNames all = [this](const std::string& name) -> std::optional<std::string> {
      if (const auto at = properties_.find(name); at != properties_.end()) return at->second;
      return names_(name);
    };
    return Substitution(all).of(text);
  }

  void say(Severity severity, int line, std::string message) {
    diagnostics_.push_back(
        {severity, "", line > 0 ? path_ + ":" + std::to_string(line) : path_, std::move(message)});
  }

  const std::string& path_;
  const LogbackNames& names_;
  Log& log_;
  Diagnostics& diagnostics_;
  std::map<std::string, std::string> properties_;
  std::map<std::string, Appender> appenders_;
  std::vector<std::string> root_refs_;
  std::set<std::string> ignored_;
};

}  // namespace

void parse_logback(const std::string& path, std::string_view xml, const LogbackNames& names,
                   Log& log, Diagnostics& diagnostics) {
  const Result<XmlElement> root = parse_xml(xml);
  if (!root) {
    const std::string& message = root.error().message;  // "12: why"
    const auto colon = message.find(':');
    return diagnostics.push_back(
        unusable(path + ":" + message.substr(0, colon),
                 std::string(trimmed(std::string_view(message).substr(colon + 1)))));
  }
  Logback(path, names, log, diagnostics).read(*root);
}

void read_logback(const Sources& sources, const std::string& home, const LogbackNames& names,
                  Log& log, Diagnostics& diagnostics) {
  if (home.empty()) return;
  const std::string path = home + "/config/logback.xml";
  const Result<std::string> xml = sources.read(path);
  if (xml) return parse_logback(path, *xml, names, log, diagnostics);
  if (xml.error().code == ErrorCode::not_found) return;
  diagnostics.push_back(unusable("", xml.error().message));  // which names the path
}

}  // namespace perigee::config
