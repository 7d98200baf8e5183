#include "config/tree.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "config/mask.hpp"
#include "config/references.hpp"
#include "config/review.hpp"
#include "config/values.hpp"

namespace perigee::config {
namespace {

// The line of a YAML problem stands at the front of its message.
Diagnostic unreadable(const std::string& path, const std::string& message) {
  const auto colon = message.find(':');
  return {Severity::error, "", path + ":" + message.substr(0, colon),
          std::string(trimmed(std::string_view(message).substr(colon + 1))), true};
}

bool exists(const Sources& sources, const std::string& path) {
  if (sources.exists) return sources.exists(path);
  std::error_code ignored;  // what cannot be looked at is not there
  return std::filesystem::exists(path, ignored);
}

}  // namespace

Tree::Tree(const Sources& sources, Diagnostics& diagnostics)
    : environment_(sources.environment), definitions_(definitions_of(sources, diagnostics)) {
  find_home(sources);
  read_files(sources, diagnostics);
  bare_ = bare_allowed();
  collect_values(diagnostics);
}

void Tree::find_home(const Sources& sources) {
  if (const Variable* variable = environment_.find("home")) {
    home_ = variable->value;
  } else if (const auto at = definitions_.find("gravitee.home"); at != definitions_.end()) {
    home_ = at->second.value;
  } else if (!sources.executable.empty()) {
    home_ = std::filesystem::path(sources.executable).parent_path().parent_path().string();
  }
}

void Tree::read_files(const Sources& sources, Diagnostics& diagnostics) {
  std::vector<std::string> paths = sources.files;
  const auto named = definitions_.find("gravitee.conf");
  if (paths.empty() && named != definitions_.end()) {
    paths = split_list(resolve("gravitee.conf", named->second.value, [&](std::string_view name) {
                         return name == "gravitee.home" ? std::optional(home_) : std::nullopt;
                       }).text);
  }
  if (!paths.empty()) {
    for (const std::string& path : paths) read_file(sources, path, diagnostics);
    return;
  }
  const std::string own = home_ + "/config/gravitee.yml";
  for (const std::string& path : {sources.system_file, own}) {
    if (exists(sources, path)) return read_file(sources, path, diagnostics);
  }
  diagnostics.push_back({Severity::warning, "", own,
                         "no configuration file; defaults, variables and -D definitions only"});
}

void Tree::read_file(const Sources& sources, const std::string& path, Diagnostics& diagnostics) {
  Result<std::string> text = sources.read(path);
  if (!text) {
    diagnostics.push_back({Severity::error, "", "", text.error().message, true});
    return;
  }
  Result<YamlFlat> flat = flatten_yaml(*text);
  if (!flat) return diagnostics.push_back(unreadable(path, flat.error().message));
  if (sources.translate) sources.translate(*flat);
  for (const YamlDuplicate& duplicate : flat->duplicates) {
    diagnostics.push_back({Severity::error, duplicate.key,
                           path + ":" + std::to_string(duplicate.line),
                           "written twice; first at line " + std::to_string(duplicate.first_line) +
                               ". Keep one of them",
                           true});
  }
  for (YamlEntry& entry : flat->entries) {
    yaml_.insert_or_assign(std::move(entry.key),
                           InFile{std::move(entry.text), entry.kind, entry.line, files_.size()});
  }
  files_.push_back(path);
}

bool Tree::bare_allowed() const {
  const KeySpec* spec = find_key("perigee.compat.bareEnvironment");
  const auto value = strongest("perigee.compat.bareEnvironment", spec);
  return value && to_boolean(value->text).value_or(false);
}

void Tree::collect_values(Diagnostics& diagnostics) {
  for (const auto& [key, unused] : yaml_) add_value(key, diagnostics);
  for (const auto& [key, unused] : definitions_) {
    if (!values_.contains(key)) add_value(key, diagnostics);
  }
  std::set<std::string_view> used;
  for (const auto& [key, unused] : values_) {
    if (const Variable* variable = environment_.find(key)) used.insert(variable->name);
  }
  std::vector<const Variable*> strangers;
  for (const Variable& variable : environment_.prefixed()) {
    if (used.contains(variable.name) || equals_ignoring_case(variable.key, "home")) continue;
    if (!adopt(variable, diagnostics)) strangers.push_back(&variable);
  }
  collect_bare(diagnostics);

  Reviewer reviewer(diagnostics);
  for (auto& [key, value] : values_) reviewer.value(key, value);
  for (const Variable* variable : strangers) {
    if (!environment_.is_service_link(variable->name)) reviewer.unknown_variable(*variable);
  }
}

bool Tree::adopt(const Variable& variable, Diagnostics& diagnostics) {
  for (const KnownKey& known : keys_of_variable(variable.key)) {
    if (!Environment::may_set(variable.key, known.key)) continue;
    const Variable* winner = environment_.find(known.key);
    if (winner != &variable) {
      diagnostics.push_back({Severity::warning, known.key, std::string(variable.name),
                             "not read: " + std::string(winner->name) + " sets the same key"});
      return true;
    }
    // The free part of a key that a file spells with other capitals is the same part.
    const bool held = std::ranges::any_of(
        values_, [&](const auto& entry) { return equals_ignoring_case(entry.first, known.key); });
    if (!held) add_value(known.key, diagnostics);
    return true;
  }
  return false;
}

void Tree::collect_bare(Diagnostics& diagnostics) {
  for (const auto& [name, unused] : environment_.all()) {
    if (environment_.is_prefixed(name)) continue;  // PERIGEE_ is the first word of our own keys
    for (const KnownKey& known : keys_of_bare_variable(name)) {
      if (!bare_) {
        diagnostics.push_back(
            {Severity::warning, known.key, name,
             "looks like this key but has no GRAVITEE_ prefix, so it is not read; "
             "perigee.compat.bareEnvironment=true would"});
      } else if (!values_.contains(known.key)) {
        add_value(known.key, diagnostics);
      }
    }
  }
}

std::vector<Tree::Raw> Tree::raw(std::string_view key) const {
  std::vector<Raw> found;
  if (const Variable* variable = environment_.find(key)) {
    found.push_back(
        {variable->value, std::string(variable->name), Source::environment, YamlKind::quoted});
  }
  if (const auto at = definitions_.find(key); at != definitions_.end()) {
    found.push_back({at->second.value, at->second.origin, Source::definition, YamlKind::quoted});
  }
  if (const std::string* value = bare_ ? environment_.find_bare(key) : nullptr) {
    found.push_back({*value, "un-prefixed variable", Source::bare_environment, YamlKind::quoted});
  }
  if (const auto at = yaml_.find(key); at != yaml_.end()) {
    const InFile& entry = at->second;
    found.push_back({entry.text, files_[entry.file] + ":" + std::to_string(entry.line),
                     Source::yaml, entry.kind});
  }
  return found;
}

std::optional<Tree::Raw> Tree::strongest(std::string_view key, const KeySpec* spec) const {
  std::vector<Raw> found = raw(key);
  if (found.empty()) return std::nullopt;
  // An empty value of anything but text counts as absent, so a weaker source may still speak.
  if (spec != nullptr && spec->type != Type::text) {
    for (Raw& candidate : found) {
      if (!trimmed(candidate.text).empty()) return std::move(candidate);
    }
  }
  return std::move(found.front());
}

void Tree::add_value(const std::string& key, Diagnostics& diagnostics) {
  const KeySpec* spec = find_key(key);
  auto raw = strongest(key, spec);
  if (!raw) return;
  Value value{.text = std::string(raw->text),
              .origin = std::move(raw->origin),
              .source = raw->source,
              .kind = raw->kind,
              .spec = spec};
  if (value.text.contains("${")) {
    Resolved resolved =
        resolve(key, value.text, [this](std::string_view name) { return referenced(name); });
    value.secret = resolved.secret;
    for (const std::string& name : resolved.unresolved) {
      diagnostics.push_back({Severity::warning, key, value.origin,
                             "'${" + name + "}' names no key and no variable; it stays as it is"});
    }
    if (resolved.problem.empty()) {
      value.text = std::move(resolved.text);
    } else {
      value.usable = false;
      diagnostics.push_back({Severity::error, key, value.origin, resolved.problem, true});
    }
  }
  values_.insert_or_assign(key, std::move(value));
}

std::optional<std::string> Tree::referenced(std::string_view name) const {
  if (name == "gravitee.home") return home_;
  const auto value = strongest(name, nullptr);
  if (value && value->source < Source::bare_environment) return std::string(value->text);
  // The documented way to hand in a variable of the container, so it works without bareEnvironment.
  if (const std::string* variable = environment_.exact(name)) return *variable;
  if (value) return std::string(value->text);
  constexpr std::string_view kAlias = "env.";
  if (!name.starts_with(kAlias)) return std::nullopt;
  const std::string* variable = environment_.exact(name.substr(kAlias.size()));
  return variable ? std::optional(*variable) : std::nullopt;
}

const Value* Tree::find(std::string_view key) const {
  const auto at = values_.find(key);
  return at == values_.end() || !at->second.usable ? nullptr : &at->second;
}

std::vector<std::string> Tree::list(std::string_view key) const {
  const Value* bare = find(key);
  std::vector<std::string> elements;
  for (std::size_t i = 0;; ++i) {
    const Value* element = find(std::string(key) + "[" + std::to_string(i) + "]");
    if (element == nullptr || trimmed(element->text).empty()) break;
    if (i == 0 && bare != nullptr && bare->source < element->source) break;
    elements.emplace_back(trimmed(element->text));
  }
  if (elements.empty() && bare != nullptr) elements = split_list(bare->text);
  return elements;
}

std::vector<std::pair<std::string, const Value*>> Tree::below(std::string_view prefix) const {
  std::vector<std::pair<std::string, const Value*>> found;
  const std::string start = std::string(prefix) + ".";
  for (auto at = values_.lower_bound(start); at != values_.end() && at->first.starts_with(start);
       ++at) {
    if (at->second.usable) found.emplace_back(at->first.substr(start.size()), &at->second);
  }
  return found;
}

std::vector<std::pair<std::string, std::string>> Tree::rows(bool secrets_in_clear) const {
  std::vector<std::pair<std::string, std::string>> rows;
  const auto add = [&](std::string_view key, std::string_view text, bool secret) {
    rows.emplace_back(key, secrets_in_clear ? std::string(text)
                           : secret         ? std::string(kMask)
                                            : shown(key, text));
  };
  for (const auto& [key, unused] : yaml_) {
    if (const auto at = values_.find(key); at != values_.end()) {
      add(key, at->second.text, at->second.secret);
    }
  }
  for (const Variable& variable : environment_.prefixed()) {
    const bool is_reference =
        variable.value.starts_with("secret://") || variable.value.starts_with("kubernetes://");
    add(variable.key, variable.value, is_reference);
  }
  return rows;
}

}  // namespace perigee::config
