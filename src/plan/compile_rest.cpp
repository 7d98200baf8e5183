// What an API says beside its flows, plans and endpoints.
#include <algorithm>

#include "plan/compile_parts.hpp"
#include "plan/property_cipher.hpp"

namespace perigee::plan {
namespace {

void compile_path_mappings(Compilation& compilation, const definition::HttpListener& listener) {
  for (std::size_t i = 0; i < listener.path_mappings.size(); ++i) {
    Result<void> added = compilation.revision.path_mappings.add(listener.path_mappings[i]);
    if (!added) {
      compilation.problems.error(listener.path_mappings_pointer + "/" + std::to_string(i),
                                 added.error().message);
    }
  }
}

// Only the first listener supplies them (api-definition.md 1.2).
void compile_listener_options(Compilation& compilation) {
  if (compilation.api.listeners.empty()) return;
  const definition::HttpListener& listener = compilation.api.listeners.front();
  if (listener.cors && listener.cors->enabled)
    compilation.revision.cors = Cors::compile(*listener.cors, compilation.problems);
  compile_path_mappings(compilation, listener);
  compilation.revision.reject_null_byte = listener.reject_null_byte;
}

// A template that cannot be parsed is told now, and fails when it is needed.
el::Template compile_text(Compilation& compilation, std::string_view text,
                          const std::string& pointer) {
  Result<el::Template> compiled = el::Template::compile(text, policy::template_options());
  if (!compiled) {
    compilation.problems.warning(
        pointer, "the text will fail whenever it is needed: " + compiled.error().message);
    return el::Template::refused(text, std::move(compiled.error()));
  }
  refuse_needs(compilation, compiled->needs(), pointer);
  for (const std::string& warning : compiled->warnings())
    compilation.problems.warning(pointer, warning);
  return *std::move(compiled);
}

bool is_status(int status) { return status >= 200 && status <= 599; }

void compile_response_template(Compilation& compilation, const definition::ResponseTemplate& from) {
  ResponseTemplate made;
  made.status = from.status;
  if (!is_status(from.status)) {
    compilation.problems.error(from.pointer + "/status", "found " + std::to_string(from.status) +
                                                             ", expected a status from 200 to 599");
  }
  if (from.body) made.body = compile_text(compilation, *from.body, from.pointer + "/body");
  for (const definition::Header& header : from.headers) {
    std::string pointer = from.pointer + "/headers/" + header.name;
    if (!http::is_valid_header_name(header.name)) {
      compilation.problems.error(pointer, "not a header name");
      continue;
    }
    made.headers.emplace_back(http::OwnedHeaderName(header.name),
                              compile_text(compilation, header.value, pointer));
  }
  made.tells_error_key = from.propagate_error_key_to_logs;
  compilation.revision.response_templates.add(from.error_key, from.media_type, std::move(made));
}

void compile_failover(Compilation& compilation, const definition::Failover& from) {
  Failover made;
  made.retries_max = std::max(0, from.retries_max);
  made.attempt_limit = from.slow_call_duration;
  if (from.circuit_breaker)
    made.failures_max = static_cast<std::uint32_t>(std::max(1, from.failures_max));
  made.open_for = from.open_state_duration;
  made.per_subscription = from.per_subscription;
  made.failure_condition =
      compile_condition(compilation, from.failure_condition, from.pointer + "/failureCondition");
  made.next_on_failure = from.force_next_endpoint_on_failure;
  compilation.revision.failover = std::move(made);
}

}  // namespace

void compile_rest(Compilation& compilation) {
  const definition::Api& api = compilation.api;
  compile_listener_options(compilation);
  for (const definition::ResponseTemplate& each : api.response_templates)
    compile_response_template(compilation, each);
  if (api.failover && api.failover->enabled) compile_failover(compilation, *api.failover);
  compilation.revision.is_v2 = api.definition_version == definition::DefinitionVersion::v2;
  compilation.revision.match_required = api.flow_execution.match_required;
}

std::string property_value(Compilation& compilation, const definition::Property& property) {
  if (!property.encrypted) return property.value;
  Result<std::string> value =
      decrypt_property(property.value, compilation.context.properties_secret);
  if (value) return *std::move(value);
  compilation.problems.warning(
      property.pointer + "/value",
      "the property '" + property.key + "' keeps its encrypted value: " + value.error().message);
  return property.value;
}

}  // namespace perigee::plan
