// Metric families as Prometheus text, exposition format 0.0.4.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "node/metric_names.hpp"
#include "report/metrics.hpp"

namespace perigee::node {

// `common` labels stand before those of the family. Counters end in _total; summaries have _count,
// _sum and a gauge _max; histograms have buckets.
std::string prometheus_text(const std::vector<report::FamilySamples>& families,
                            const std::string& common, Naming naming = Naming::current);

// A label value, escaped.
std::string escaped_label(std::string_view value);
// One gauge without labels of its own.
void append_gauge(std::string& to, std::string_view name, std::string_view help,
                  const std::string& labels, double value);

}  // namespace perigee::node
