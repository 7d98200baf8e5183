// Problem: one fault of a document, for the log, `/_node/apis` and `perigee check`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace perigee {

enum class Severity : std::uint8_t { warning, error };

struct Problem {
  Severity severity = Severity::error;
  // A JSON pointer from the root of what was read. It goes on inside a string that contains JSON:
  // "/apiEvent/payload/definition/flows/0".
  std::string pointer;
  std::string message;  // what is wrong, what was expected
  std::string place;    // instead of a pointer, where there is no JSON: line and column, "3:5"
};

// A text that is no JSON.
Problem not_json(const JsonFault& fault);

// "error at /flows/0/request/1/policy: ..."; with a place "apis/a.json:3:5: ...". `source` is the
// name of the file.
std::string to_string(const Problem& problem, std::string_view source = {});

// Collects problems in the order in which they are found. A hostile document cannot make it grow
// without bound: past kListedMax of a severity they are only counted, and of a text that is longer
// than kTextBytesMax only the beginning is kept.
class Problems {
 public:
  static constexpr std::size_t kListedMax = 100;
  static constexpr std::size_t kTextBytesMax = 4096;  // of a pointer, of a message

  void error(std::string pointer, std::string message) {
    error(Problem{Severity::error, std::move(pointer), std::move(message), {}});
  }
  void error(Problem problem);
  void warning(std::string pointer, std::string message);

  // Whether one more of this severity would be listed; lets a caller save the work of a message.
  bool lists_warnings() const { return warnings_ < kListedMax; }
  bool has_errors() const { return errors_ > 0; }

  // What is found after a mark belongs to one part of the document.
  struct Mark {
    std::size_t listed = 0;
    std::size_t errors = 0;
  };
  Mark mark() const { return {list_.size(), errors_}; }
  // Puts `prefix` before the messages that were listed since then: who found them.
  void prefix_since(Mark mark, std::string_view prefix);
  bool has_errors_since(Mark mark) const { return errors_ > mark.errors; }
  // What `read` gives. Nothing when it finds errors: the part that they break is left out, and they
  // become warnings.
  template <class Read>
  auto unless_broken(Read read) -> std::optional<decltype(read())> {
    Mark before = mark();
    auto found = read();
    if (!has_errors_since(before)) return found;
    demote_since(before);
    return std::nullopt;
  }

  const std::vector<Problem>& listed() const { return list_; }
  // All of them; the last ones tell how many were not listed.
  std::vector<Problem> take() &&;

 private:
  void list(Problem problem);
  void demote_since(Mark mark);

  std::vector<Problem> list_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

}  // namespace perigee
