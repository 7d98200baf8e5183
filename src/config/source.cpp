#include "config/source.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "config/yaml.hpp"

extern char** environ;

namespace perigee::config {
namespace {

// Words of a shell-like line: blanks separate, single and double quotes hold together.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word.push_back(c);
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      inside = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = false;
    } else {
      word.push_back(c);
      inside = true;
    }
  }
  if (inside) words.push_back(std::move(word));
  return words;
}

Definition definition_of(std::string_view argument, std::string_view where) {
  if (argument.starts_with("-D")) argument.remove_prefix(2);
  const auto equals = argument.find('=');
  Definition definition;
  definition.name = argument.substr(0, equals);
  if (equals != std::string_view::npos) definition.value = argument.substr(equals + 1);
  definition.origin = std::string(where) + "-D" + definition.name;
  return definition;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rbe"), close);
  if (!file) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::other;
    return fail(code, path + ": cannot be opened: " + std::strerror(errno));
  }
  std::string text;
  std::array<char, 16384> piece;
  const std::size_t bytes_max = YamlLimits{}.bytes_max;
  while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), file.get())) {
    text.append(piece.data(), size);
    if (text.size() > bytes_max) {
      return fail(ErrorCode::limit, path + ": larger than " + std::to_string(bytes_max) +
                                        " bytes; not a configuration file");
    }
  }
  if (std::ferror(file.get()) != 0) {
    return fail(ErrorCode::other, path + ": cannot be read: " + std::strerror(errno));
  }
  return text;
}

Sources Sources::of_process(std::vector<std::string> definitions) {
  Sources sources;
  sources.definitions = std::move(definitions);
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view line = *at;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    sources.environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  std::error_code ignored;  // without /proc the home must be named
  sources.executable = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  return sources;
}

std::map<std::string, Definition, std::less<>> definitions_of(const Sources& sources,
                                                              Diagnostics& diagnostics) {
  std::map<std::string, Definition, std::less<>> found;
  if (const auto options = sources.environment.find("JAVA_OPTS");
      options != sources.environment.end()) {
    std::string ignored;
    for (const std::string& word : words_of(options->second)) {
      if (word.starts_with("-D")) {
        Definition definition = definition_of(word, "JAVA_OPTS ");
        definition.from_java_opts = true;
        found.insert_or_assign(definition.name, std::move(definition));
      } else {
        ignored.append(" ").append(word);
      }
    }
    if (!ignored.empty()) {
      diagnostics.push_back({Severity::info, "", "JAVA_OPTS", "without effect here:" + ignored});
    }
  }
  for (const std::string& argument : sources.definitions) {
    Definition definition = definition_of(argument, "");
    found.insert_or_assign(definition.name, std::move(definition));
  }
  return found;
}

}  // namespace perigee::config
