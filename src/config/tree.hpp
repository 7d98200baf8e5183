// All sources joined: for every key that is set anywhere, its effective value and where it came
// from.
//
// Precedence is runtime.md 1.1: prefixed environment, -D, un-prefixed environment (only when asked
// for), YAML files (later ones win). References (`${...}`) are resolved through the same
// precedence.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/environment.hpp"
#include "config/keys.hpp"
#include "config/source.hpp"
#include "config/yaml.hpp"

namespace perigee::config {

// From strong to weak.
enum class Source : std::uint8_t { environment, definition, bare_environment, yaml };

struct Value {
  std::string text;    // references resolved
  std::string origin;  // "gravitee.yml:12"
  Source source = Source::yaml;
  YamlKind kind = YamlKind::plain;
  const KeySpec* spec = nullptr;  // null: not a known key
  bool secret = false;            // a secret reference had a part in it
  bool usable = true;             // false: counts as absent; a diagnostic says why
};

class Tree {
 public:
  Tree(const Sources& sources, Diagnostics& diagnostics);

  // Absent keys and those that are not usable give null.
  const Value* find(std::string_view key) const;
  // Elements [0], [1], ... up to the first absent or empty one; when there is none, or the bare key
  // comes from a stronger source, the bare key split on commas.
  std::vector<std::string> list(std::string_view key) const;
  // The free parts under "prefix." with their values.
  std::vector<std::pair<std::string, const Value*>> below(std::string_view prefix) const;

  const std::string& home() const { return home_; }
  const std::vector<std::string>& files() const { return files_; }
  const Environment& environment() const { return environment_; }

  // Every key that is set, usable or not, sorted.
  const std::map<std::string, Value, std::less<>>& values() const { return values_; }

  // Rows for /_node/configuration: keys of the YAML files, then the prefixed variables without
  // their prefix; masked unless asked otherwise.
  std::vector<std::pair<std::string, std::string>> rows(bool secrets_in_clear) const;

 private:
  struct Raw {
    std::string_view text;
    std::string origin;
    Source source;
    YamlKind kind;
  };
  struct InFile {
    std::string text;
    YamlKind kind;
    int line;
    std::size_t file;
  };

  void find_home(const Sources& sources);
  void read_files(const Sources& sources, Diagnostics& diagnostics);
  void read_file(const Sources& sources, const std::string& path, Diagnostics& diagnostics);
  void collect_values(Diagnostics& diagnostics);
  // Takes in what a prefixed variable sets; false: it sets no known key.
  bool adopt(const Variable& variable, Diagnostics& diagnostics);
  void collect_bare(Diagnostics& diagnostics);
  void add_value(const std::string& key, Diagnostics& diagnostics);
  bool bare_allowed() const;

  // What the sources say about one key, strongest first.
  std::vector<Raw> raw(std::string_view key) const;
  std::optional<Raw> strongest(std::string_view key, const KeySpec* spec) const;
  // What `${name}` stands for.
  std::optional<std::string> referenced(std::string_view name) const;

  Environment environment_;
  std::map<std::string, Definition, std::less<>> definitions_;
  std::map<std::string, InFile, std::less<>> yaml_;
  std::vector<std::string> files_;
  std::string home_;
  bool bare_ = false;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace perigee::config
