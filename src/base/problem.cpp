#include "base/problem.hpp"

#include <algorithm>
#include <utility>

namespace perigee {

Problem not_json(const JsonFault& fault) {
  std::string what = fault.code == ErrorCode::limit ? "" : "not valid JSON: ";
  return {Severity::error, "", what + fault.what, fault.place};
}

std::string to_string(const Problem& problem, std::string_view source) {
  if (!problem.place.empty())
    return std::string(source) + (source.empty() ? "" : ":") + problem.place + ": " +
           problem.message;
  std::string text = problem.severity == Severity::error ? "error at " : "warning at ";
  text += problem.pointer.empty() ? std::string_view("the top level") : problem.pointer;
  return text + ": " + problem.message;
}

namespace {

void shorten(std::string& text) {
  constexpr std::string_view kMore = "...";
  if (text.size() <= Problems::kTextBytesMax) return;
  std::size_t size = Problems::kTextBytesMax - kMore.size();
  while (size > 0 && (text[size] & 0xC0) == 0x80) --size;  // not in the middle of a character
  text.replace(size, text.npos, kMore);
  text.shrink_to_fit();
}

}  // namespace

void Problems::list(Problem problem) {
  shorten(problem.pointer);
  shorten(problem.message);
  list_.push_back(std::move(problem));
}

void Problems::error(Problem problem) {
  if (errors_++ < kListedMax) list(std::move(problem));
}

void Problems::warning(std::string pointer, std::string message) {
  if (warnings_++ < kListedMax)
    list({Severity::warning, std::move(pointer), std::move(message), {}});
}

void Problems::prefix_since(Mark mark, std::string_view prefix) {
  for (std::size_t i = mark.listed; i < list_.size(); ++i) list_[i].message.insert(0, prefix);
}

void Problems::demote_since(Mark mark) {
  std::size_t kept = mark.listed;
  std::size_t listed = 0;
  for (std::size_t i = mark.listed; i < list_.size(); ++i) {
    bool was_error = list_[i].severity == Severity::error;
    listed += was_error;
    if (was_error && warnings_++ >= kListedMax) continue;
    list_[i].severity = Severity::warning;
    if (kept != i) list_[kept] = std::move(list_[i]);
    ++kept;
  }
  list_.resize(kept);
  warnings_ += errors_ - mark.errors - listed;  // those that were only counted
  errors_ = mark.errors;
}

std::vector<Problem> Problems::take() && {
  for (Severity severity : {Severity::error, Severity::warning}) {
    auto listed = static_cast<std::size_t>(std::ranges::count(list_, severity, &Problem::severity));
    std::size_t found = severity == Severity::error ? errors_ : warnings_;
    if (found > listed) {
      std::string kind = severity == Severity::error ? " more errors" : " more warnings";
      list_.push_back(
          {severity, "", std::to_string(found - listed) + kind + " are not listed", {}});
    }
  }
  return std::move(list_);
}

}  // namespace perigee
