// read_api: the bytes of a definition become an Api, or a list of everything that is wrong with
// them.
//
// A definition with at least one error gives no Api. Warnings never keep an API from being
// deployed.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/problem.hpp"
#include "definition/model.hpp"

namespace perigee::definition {

// What one definition may hold at most; beyond, it is refused with an error that names the limit.
struct Limits {
  std::size_t file_bytes_max = 64 << 20;  // with what travels beside the definition
  std::size_t definition_bytes_max = 16 << 20;
  std::size_t depth_max = 128;
  std::size_t listener_paths_max = 1'000;  // of the API
  std::size_t endpoint_groups_max = 1'000;
  std::size_t endpoints_max = 10'000;  // of the API
  std::size_t plans_max = 1'000;
  std::size_t flows_max = 1'000;          // of the API, or of one plan
  std::size_t steps_max = 1'000;          // of one phase of one flow
  std::size_t flows_of_all_max = 10'000;  // of the API and its plans together
  std::size_t steps_of_all_max = 50'000;  // of all these flows
  std::size_t properties_max = 10'000;
  std::size_t resources_max = 1'000;
  std::size_t response_templates_max = 1'000;
  std::size_t list_items_max = 1'000;  // tags, methods, headers and other small lists
};

struct ReadOptions {
  Limits limits;
  // What a carrier of the definition says (the definitionVersion of an event's payload); the
  // definition's own word counts first.
  std::optional<DefinitionVersion> version;
  // Adds an open key-less plan to a definition that has no plan at all
  // (perigee.sync.local.openPlan).
  bool open_plan = false;
  // Keeps what could be read of a definition with errors, so that the rest of it can be looked at
  // too (perigee check). Such an Api may lack anything, and must not be served.
  bool keep_refused = false;
};

struct Parsed {
  std::optional<Api> api;
  std::optional<Api> refused;  // with ReadOptions::keep_refused, in place of `api`
  std::vector<Problem> problems;
  std::string api_id;  // as far as it could be read, for messages about a refused definition
};

Parsed read_api(std::string_view bytes, const ReadOptions& options);
inline Parsed read_api(std::string_view bytes) { return read_api(bytes, ReadOptions{}); }

// The definition may be a part of a larger document, and its member `plans` may stand in another
// object of that document.
struct DefinitionSource {
  std::shared_ptr<const JsonDocument> document;
  Json definition;
  Json plans_holder = {};   // absent: the definition itself
  std::string inside = {};  // put before every pointer: where the document stands in a larger one
};
Parsed read_api(const DefinitionSource& source, const ReadOptions& options);

}  // namespace perigee::definition
