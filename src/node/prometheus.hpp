// Metric families as Prometheus text, exposition format 0.0.4.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "node/metric_names.hpp"
#include "report/metrics.hpp"

namespace perigee::node {

// Families as text, piece by piece. `common` labels stand before those of the family. Counters end
// in _total; summaries have _count, _sum and a gauge _max; histograms have buckets.
class FamiliesText {
 public:
  FamiliesText(std::vector<report::FamilySamples> families, std::string common, Naming naming);
  // Appends whole samples until `to` has this many bytes. False when nothing is left.
  bool append(std::string& to, std::size_t bytes_min);

 private:
  void append_sample(std::string& to) const;
  void append_head(std::string& to) const;

  std::vector<report::FamilySamples> families_;
  const std::string common_;
  const Naming naming_;
  std::size_t family_ = 0, sample_ = 0;  // the next one
  bool maxima_ = false;                  // of a summary: its second pass
};

// A label value, escaped.
std::string escaped_label(std::string_view value);
// One gauge without labels of its own.
void append_gauge(std::string& to, std::string_view name, std::string_view help,
                  const std::string& labels, double value);

}  // namespace perigee::node
