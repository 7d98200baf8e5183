#include "config/references.hpp"

#include <algorithm>

#include "config/mask.hpp"

namespace perigee::config {
namespace {

// The "}" that ends the reference whose inside begins at `from`; npos when it is never closed.
std::size_t closing(std::string_view text, std::size_t from) {
  int open = 1;
  for (std::size_t at = from; at < text.size(); ++at) {
    if (text[at] == '{') ++open;
    if (text[at] == '}' && --open == 0) return at;
  }
  return std::string_view::npos;
}

// The first ":" that is not inside a nested reference.
std::size_t separator(std::string_view inside) {
  int open = 0;
  for (std::size_t at = 0; at < inside.size(); ++at) {
    if (inside[at] == '{') ++open;
    if (inside[at] == '}') --open;
    if (inside[at] == ':' && open == 0) return at;
  }
  return std::string_view::npos;
}

class Resolver {
 public:
  Resolver(const Lookup& lookup, const ReferenceLimits& limits, Resolved& result)
      : lookup_(lookup), limits_(limits), result_(result) {}

  std::string value(std::string name, std::string_view text) {
    trail_.push_back(std::move(name));
    std::string resolved = expand(text);
    trail_.pop_back();
    return resolved;
  }

 private:
  std::string expand(std::string_view text) {
    std::string out;
    if (trail_.size() + ++nesting_ > limits_.depth_max) stop("nests too deeply");
    while (result_.problem.empty()) {
      const auto begin = text.find("${");
      const auto end = begin == std::string_view::npos ? begin : closing(text, begin + 2);
      out.append(text.substr(0, end == std::string_view::npos ? text.size() : begin));
      if (out.size() > limits_.bytes_max) stop("unfolds to too many bytes");
      if (end == std::string_view::npos) break;
      out.append(reference(text.substr(begin, end + 1 - begin)));
      text.remove_prefix(end + 1);
    }
    --nesting_;
    return out;
  }

  // `whole` is "${...}".
  std::string reference(std::string_view whole) {
    const std::string_view inside = whole.substr(2, whole.size() - 3);
    const auto colon = separator(inside);
    std::string name = expand(inside.substr(0, colon));
    if (++lookups_ > limits_.lookups_max) stop("holds too many references");
    if (!result_.problem.empty()) return {};
    if (std::ranges::find(trail_, name) != trail_.end()) {
      stop("refers to itself: " + trail() + name);
      return {};
    }
    if (const auto text = lookup_(name)) {
      if (is_secret_key(name)) result_.secret = true;
      return value(std::move(name), *text);
    }
    if (colon != std::string_view::npos) return expand(inside.substr(colon + 1));
    result_.unresolved.push_back(std::move(name));
    return std::string(whole);
  }

  std::string trail() const {
    std::string text;
    for (const std::string& name : trail_) text.append(name).append(" -> ");
    return text;
  }

  void stop(std::string problem) {
    if (result_.problem.empty()) result_.problem = std::move(problem);
  }

  const Lookup& lookup_;
  const ReferenceLimits& limits_;
  Resolved& result_;
  std::vector<std::string> trail_;  // keys being resolved, outermost first
  std::size_t nesting_ = 0;
  std::size_t lookups_ = 0;
};

}  // namespace

Resolved resolve(std::string_view owner, std::string_view text, const Lookup& lookup,
                 const ReferenceLimits& limits) {
  Resolved result;
  result.text = Resolver(lookup, limits, result).value(std::string(owner), text);
  return result;
}

}  // namespace perigee::config
