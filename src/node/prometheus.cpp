#include "node/prometheus.hpp"

#include <fmt/format.h>

#include <iterator>

namespace perigee::node {
namespace {

using report::Family;
using report::FamilySamples;
using report::Sample;
using report::Type;
using report::Unit;

double shown(std::uint64_t value, Unit unit) {
  return unit == Unit::seconds ? static_cast<double>(value) / 1e9 : static_cast<double>(value);
}

using Out = std::back_insert_iterator<std::string>;

std::string labels_of(const FamilySamples& family, const Sample& sample,
                      const std::string& common) {
  std::string labels = common;
  for (std::size_t i = 0; i < family.labels.size(); ++i) {
    fmt::format_to(Out(labels), ",{}=\"{}\"", family.labels[i],
                   escaped_label(sample.label_values[i]));
  }
  return labels;
}

void append_lines_before(std::string& to, std::string_view name, std::string_view help,
                         std::string_view type) {
  fmt::format_to(Out(to), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void append_summary(std::string& to, std::string_view name, const std::string& labels,
                    const Sample& sample, Unit unit) {
  fmt::format_to(Out(to), "{}_count{{{}}} {}\n", name, labels, sample.count);
  fmt::format_to(Out(to), "{}_sum{{{}}} {}\n", name, labels, shown(sample.sum, unit));
}

void append_histogram(std::string& to, std::string_view name, const std::string& labels,
                      const Sample& sample, Unit unit) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
    below += sample.buckets[i];
    fmt::format_to(Out(to), "{}_bucket{{{},le=\"", name, labels);
    if (i == report::kBucketBounds.size()) {
      to += "+Inf";
    } else {
      fmt::format_to(Out(to), "{}", shown(report::kBucketBounds[i], unit));
    }
    fmt::format_to(Out(to), "\"}} {}\n", below);
  }
  fmt::format_to(Out(to), "{}_sum{{{}}} {}\n", name, labels, shown(sample.sum, unit));
  fmt::format_to(Out(to), "{}_count{{{}}} {}\n", name, labels, sample.count);
}

std::string_view text_of(Type type) {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::summary:
      return "summary";
    case Type::histogram:
      return "histogram";
  }
  return {};
}

}  // namespace

std::string escaped_label(std::string_view value) {
  std::string escaped;
  for (char c : value) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void append_gauge(std::string& to, std::string_view name, std::string_view help,
                  const std::string& labels, double value) {
  append_lines_before(to, name, help, "gauge");
  to += fmt::format("{}{{{}}} {}\n", name, labels, value);
}

FamiliesText::FamiliesText(std::vector<FamilySamples> families, std::string common, Naming naming)
    : families_(std::move(families)), common_(std::move(common)), naming_(naming) {}

bool FamiliesText::append(std::string& to, std::size_t bytes_min) {
  while (family_ < families_.size() && to.size() < bytes_min) {
    const FamilySamples& family = families_[family_];
    if (sample_ == 0) append_head(to);
    if (sample_ < family.samples.size()) append_sample(to);
    if (++sample_ < family.samples.size()) continue;
    sample_ = 0;
    // A summary is followed by a gauge of its largest values.
    maxima_ = family.family->type == Type::summary && !maxima_;
    if (!maxima_) ++family_;
  }
  return family_ < families_.size();
}

void FamiliesText::append_head(std::string& to) const {
  const Family& facts = *families_[family_].family;
  std::string name(metric_name(facts, naming_));
  if (facts.type == Type::counter) name += "_total";
  if (maxima_) name += "_max";
  append_lines_before(to, name, facts.help, maxima_ ? "gauge" : text_of(facts.type));
}

void FamiliesText::append_sample(std::string& to) const {
  const FamilySamples& family = families_[family_];
  const Sample& sample = family.samples[sample_];
  const Unit unit = family.family->unit;
  const std::string_view name = metric_name(*family.family, naming_);
  const std::string labels = labels_of(family, sample, common_);
  switch (family.family->type) {
    case Type::counter:
      fmt::format_to(Out(to), "{}_total{{{}}} {}\n", name, labels,
                     static_cast<std::int64_t>(sample.value));
      break;
    case Type::gauge:
      fmt::format_to(Out(to), "{}{{{}}} {}\n", name, labels,
                     static_cast<std::int64_t>(sample.value));
      break;
    case Type::summary:
      if (!maxima_) return append_summary(to, name, labels, sample, unit);
      fmt::format_to(Out(to), "{}_max{{{}}} {}\n", name, labels, shown(sample.max, unit));
      break;
    case Type::histogram:
      append_histogram(to, name, labels, sample, unit);
      break;
  }
}

}  // namespace perigee::node
