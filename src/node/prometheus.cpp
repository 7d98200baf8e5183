#include "node/prometheus.hpp"

#include <fmt/format.h>

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

std::string labels_of(const Family& family, const Sample& sample, const std::string& common) {
  std::string labels = common;
  for (std::size_t i = 0; i < family.labels.size(); ++i) {
    labels += fmt::format(",{}=\"{}\"", family.labels[i], escaped_label(sample.label_values[i]));
  }
  return labels;
}

void append_head(std::string& to, std::string_view name, std::string_view help,
                 std::string_view type) {
  to += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void append_plain(std::string& to, const FamilySamples& family, const std::string& common) {
  bool counter = family.family->type == Type::counter;
  std::string name = std::string(family.family->name) + (counter ? "_total" : "");
  append_head(to, name, family.family->help, counter ? "counter" : "gauge");
  for (const Sample& sample : family.samples) {
    to += fmt::format("{}{{{}}} {}\n", name, labels_of(*family.family, sample, common),
                      static_cast<std::int64_t>(sample.value));
  }
}

void append_summary(std::string& to, const FamilySamples& family, const std::string& common) {
  const Family& facts = *family.family;
  append_head(to, facts.name, facts.help, "summary");
  for (const Sample& sample : family.samples) {
    std::string labels = labels_of(facts, sample, common);
    to += fmt::format("{}_count{{{}}} {}\n", facts.name, labels, sample.count);
    to += fmt::format("{}_sum{{{}}} {}\n", facts.name, labels, shown(sample.sum, facts.unit));
  }
  std::string max = std::string(facts.name) + "_max";
  append_head(to, max, facts.help, "gauge");
  for (const Sample& sample : family.samples) {
    to += fmt::format("{}{{{}}} {}\n", max, labels_of(facts, sample, common),
                      shown(sample.max, facts.unit));
  }
}

void append_histogram(std::string& to, const FamilySamples& family, const std::string& common) {
  const Family& facts = *family.family;
  append_head(to, facts.name, facts.help, "histogram");
  for (const Sample& sample : family.samples) {
    std::string labels = labels_of(facts, sample, common);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
      below += sample.buckets[i];
      bool last = i == report::kBucketBounds.size();
      std::string bound =
          last ? "+Inf" : fmt::format("{}", shown(report::kBucketBounds[i], facts.unit));
      to += fmt::format("{}_bucket{{{},le=\"{}\"}} {}\n", facts.name, labels, bound, below);
    }
    to += fmt::format("{}_sum{{{}}} {}\n", facts.name, labels, shown(sample.sum, facts.unit));
    to += fmt::format("{}_count{{{}}} {}\n", facts.name, labels, sample.count);
  }
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
  append_head(to, name, help, "gauge");
  to += fmt::format("{}{{{}}} {}\n", name, labels, value);
}

std::string prometheus_text(const std::vector<FamilySamples>& families, const std::string& common) {
  std::string text;
  for (const FamilySamples& family : families) {
    switch (family.family->type) {
      case Type::counter:
      case Type::gauge:
        append_plain(text, family, common);
        break;
      case Type::summary:
        append_summary(text, family, common);
        break;
      case Type::histogram:
        append_histogram(text, family, common);
        break;
    }
  }
  return text;
}

}  // namespace perigee::node
