#include "node/rate_limits.hpp"

#include <fmt/format.h>

#include "base/json.hpp"

namespace perigee::node {
namespace {

std::string member(std::string_view name, std::string_view text) {
  return json_quoted(name) + ":" + json_quoted(text);
}
std::string number(std::string_view name, std::uint64_t value) {
  return json_quoted(name) + ":" + std::to_string(value);
}
std::uint64_t ms(Duration time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

std::string document_of(const redis::SentinelState& sentinel) {
  return "{" + member("address", sentinel.address) + "," + member("host", sentinel.host) +
         ",\"learned\":" + (sentinel.learned ? "true" : "false") +
         ",\"reachable\":" + (sentinel.reachable ? "true" : "false") + "," +
         member("names", sentinel.names) + "," +
         number("configEpoch", static_cast<std::uint64_t>(sentinel.config_epoch)) + "," +
         member("problem", sentinel.problem) + "}";
}

std::string document_of(const redis::DirectoryState& store) {
  std::string json = "{" + member("master", store.master) + "," +
                     member("primary", store.primary ? store.primary->text() : "") + "," +
                     number("configEpoch", static_cast<std::uint64_t>(store.config_epoch)) + "," +
                     number("epoch", store.epoch) + "," + number("links", store.links) + "," +
                     number("linksConnected", store.links_connected) + "," +
                     member("problem", store.problem) + ",\"lastSwitch\":";
  if (store.last_switch) {
    json += "{" + member("from", store.last_switch->from) + "," +
            member("to", store.last_switch->to) + "," +
            number("at", static_cast<std::uint64_t>(epoch_ms(store.last_switch->at))) + "}";
  } else {
    json += "null";
  }
  json += ",\"sentinels\":[";
  for (std::size_t i = 0; i < store.sentinels.size(); ++i)
    json += (i > 0 ? "," : "") + document_of(store.sentinels[i]);
  return json + "]}";
}

}  // namespace

std::string document_of(const RateLimits& limits) {
  std::string json = "{" + member("type", limits.type) + "," + member("problem", limits.problem);
  if (!limits.are_shared) return json + "}";
  json += "," + member("circuit", limits.circuit) + "," + number("epoch", limits.epoch) + "," +
          number("outages", limits.outages) + "," + number("outageMs", ms(limits.outage)) + "," +
          number("awayMs", ms(limits.away)) + "," + number("nodes", limits.nodes) + "," +
          number("operations", limits.operations) + "," + number("late", limits.late) + "," +
          number("admittedAlone", limits.admitted_alone) + "," +
          number("refusedAlone", limits.refused_alone) + "," +
          number("undecided", limits.undecided) + "," +
          number("refusedFromMemory", limits.refused_from_memory) + "," +
          number("repaired", limits.repaired) + ",\"redis\":" + document_of(limits.store);
  return json + "}";
}

std::string families_of(const RateLimits& limits, const std::string& common_labels) {
  if (!limits.are_shared) return {};
  struct Row {
    const char *name, *help, *type;
    double value;
  };
  const auto count = [](std::uint64_t value) { return static_cast<double>(value); };
  const Row rows[] = {
      {"store_up", "1: the shared store is asked; 0: this gateway decides alone", "gauge",
       limits.circuit == "closed" ? 1.0 : 0.0},
      {"outage_seconds", "How long the present outage of the store has been", "gauge",
       count(ms(limits.outage)) / 1000},
      {"nodes", "Gateways that share the store", "gauge", count(limits.nodes)},
      {"outages_total", "Outages of the store; the start is the first", "counter",
       count(limits.outages)},
      {"away_seconds_total", "Time in outages of the store, the present one included", "counter",
       count(ms(limits.away)) / 1000},
      {"operations_total", "What the store was asked", "counter", count(limits.operations)},
      {"late_total", "Operations without an answer in time", "counter", count(limits.late)},
      {"admitted_alone_total", "Requests admitted without the store", "counter",
       count(limits.admitted_alone)},
      {"refused_alone_total", "Requests refused without the store", "counter",
       count(limits.refused_alone)},
      {"undecided_total", "Requests left to the error strategy", "counter",
       count(limits.undecided)},
      {"refused_from_memory_total", "Requests of keys known to be over the limit", "counter",
       count(limits.refused_from_memory)},
      {"repaired_total", "Counts told to the store after an outage", "counter",
       count(limits.repaired)},
  };
  std::string text;
  for (const Row& row : rows) {
    text += fmt::format("# HELP perigee_ratelimit_{0} {1}\n# TYPE perigee_ratelimit_{0} {2}\n",
                        row.name, row.help, row.type);
    text += fmt::format("perigee_ratelimit_{}{{{}}} {}\n", row.name, common_labels, row.value);
  }
  return text;
}

}  // namespace perigee::node
