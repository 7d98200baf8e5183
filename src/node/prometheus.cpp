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

std::string labels_of(const FamilySamples& family, const Sample& sample,
                      const std::string& common) {
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

void append_plain(std::string& to, std::string_view name, const FamilySamples& family,
                  const std::string& common) {
  bool counter = family.family->type == Type::counter;
  std::string full = std::string(name) + (counter ? "_total" : "");
  append_head(to, full, family.family->help, counter ? "counter" : "gauge");
  for (const Sample& sample : family.samples) {
    to += fmt::format("{}{{{}}} {}\n", full, labels_of(family, sample, common),
                      static_cast<std::int64_t>(sample.value));
  }
}

void append_summary(std::string& to, std::string_view name, const FamilySamples& family,
                    const std::string& common) {
  const Family& facts = *family.family;
  append_head(to, name, facts.help, "summary");
  for (const Sample& sample : family.samples) {
    std::string labels = labels_of(family, sample, common);
    to += fmt::format("{}_count{{{}}} {}\n", name, labels, sample.count);
    to += fmt::format("{}_sum{{{}}} {}\n", name, labels, shown(sample.sum, facts.unit));
  }
  std::string max = std::string(name) + "_max";
  append_head(to, max, facts.help, "gauge");
  for (const Sample& sample : family.samples) {
    to += fmt::format("{}{{{}}} {}\n", max, labels_of(family, sample, common),
                      shown(sample.max, facts.unit));
  }
}

void append_histogram(std::string& to, std::string_view name, const FamilySamples& family,
                      const std::string& common) {
  const Family& facts = *family.family;
  append_head(to, name, facts.help, "histogram");
  for (const Sample& sample : family.samples) {
    std::string labels = labels_of(family, sample, common);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < sample.buckets.size(); ++i) {
      below += sample.buckets[i];
      bool last = i == report::kBucketBounds.size();
      std::string bound =
          last ? "+Inf" : fmt::format("{}", shown(report::kBucketBounds[i], facts.unit));
      to += fmt::format("{}_bucket{{{},le=\"{}\"}} {}\n", name, labels, bound, below);
    }
    to += fmt::format("{}_sum{{{}}} {}\n", name, labels, shown(sample.sum, facts.unit));
    to += fmt::format("{}_count{{{}}} {}\n", name, labels, sample.count);
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

std::string prometheus_text(const std::vector<FamilySamples>& families, const std::string& common,
                            Naming naming) {
  std::string text;
  for (const FamilySamples& family : families) {
    const std::string_view name = metric_name(*family.family, naming);
    switch (family.family->type) {
      case Type::counter:
      case Type::gauge:
        append_plain(text, name, family, common);
        break;
      case Type::summary:
        append_summary(text, name, family, common);
        break;
      case Type::histogram:
        append_histogram(text, name, family, common);
        break;
    }
  }
  return text;
}

}  // namespace perigee::node
