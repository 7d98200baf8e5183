#include "definition/read.hpp"

#include <utility>

#include "definition/object.hpp"
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

enum class Format { v1, v2, v4, unknown };

// A word that names a version, of `definitionVersion` or of `gravitee`.
Format format_named(Json word) {
  std::string name = word.is_text() ? normalised(word.text()) : std::string();
  if (name == "4.0.0" || name == "v4") return Format::v4;
  if (name == "2.0.0" || name == "v2") return Format::v2;
  if (name == "1.0.0" || name == "v1") return Format::v1;
  return Format::unknown;
}

// compat: a document that names no version is a v2 one.
Format format_of(Object& root, const ReadOptions& options) {
  for (std::string_view member : {"definitionVersion", "gravitee"}) {
    Json word = root.value(member);
    if (!word.present()) continue;
    Format format = format_named(word);
    if (format == Format::unknown) {
      root.error(member, "unknown definition version, found " + described(word) +
                             R"(; write "definitionVersion": "4.0.0" when it is a v4 definition)");
    }
    return format;
  }
  return options.version == DefinitionVersion::v4 ? Format::v4 : Format::v2;
}

std::string_view member_with_version(Object& root) {
  for (std::string_view member : {"definitionVersion", "gravitee"}) {
    if (root.value(member).present()) return member;
  }
  return {};
}

void refuse_old(Object& root, Format format) {
  std::string_view member = member_with_version(root);
  if (format == Format::v1) {
    root.error(member, "v1 definitions are not supported since 4.0; migrate the API to v4");
  } else if (!member.empty()) {
    root.error(member, "v2 definitions are not supported by this version; migrate the API to v4");
  } else {
    root.error(member,
               "v2 definitions are not supported by this version, and without definitionVersion "
               R"(it is one; add "definitionVersion": "4.0.0" when it is a v4 definition)");
  }
}

void add_open_plan(Api& api) {
  ApiPlan plan;
  plan.id = "open";
  plan.name = "open";
  plan.status = PlanStatus::published;
  plan.security = "key-less";
  plan.pointer = api.pointer + "/plans";
  api.plans.push_back(std::move(plan));
}

Api read_object(Object& root, const DefinitionSource& source, const ReadOptions& options) {
  Api api;
  switch (Format format = format_of(root, options)) {
    case Format::v4:
      read_v4(root, source.plans_holder, api);
      if (options.open_plan && api.plans.empty()) add_open_plan(api);
      break;
    case Format::v1:
    case Format::v2:
      refuse_old(root, format);
      break;
    case Format::unknown:
      break;
  }
  return api;
}

Parsed refused(std::string pointer, std::string message) {
  return {std::nullopt, {{Severity::error, std::move(pointer), std::move(message), {}}}, ""};
}

}  // namespace

Parsed read_api(const DefinitionSource& source, const ReadOptions& options) {
  if (!source.definition.is_object()) {
    return refused(
        source.inside + source.definition.pointer(),
        "found " + described(source.definition) + ", expected the object of an API definition");
  }
  Reading reading{options.limits, {}, {source.document}};
  Object root(source.definition, reading, source.inside);
  Parsed parsed;
  Json id = source.definition["id"];
  if (id.is_text()) parsed.api_id = id.text();
  Api api = read_object(root, source, options);
  for (const std::string& pointer : source.document->duplicates()) {
    reading.problems.warning(source.inside + pointer,
                             "the member stands twice; the last one counts");
  }
  if (!reading.problems.has_errors()) {
    api.documents = std::move(reading.documents);
    parsed.api = std::move(api);
  }
  parsed.problems = std::move(reading.problems).take();
  return parsed;
}

Parsed read_api(std::string_view bytes, const ReadOptions& options) {
  const Limits& limits = options.limits;
  if (bytes.size() > limits.definition_bytes_max) {
    return refused("", "the definition has " + std::to_string(bytes.size()) +
                           " bytes, the limit is " + std::to_string(limits.definition_bytes_max));
  }
  auto document = JsonDocument::read(
      bytes, {.bytes_max = limits.definition_bytes_max, .depth_max = limits.depth_max});
  if (!document) return {std::nullopt, {not_json(document.error())}, ""};
  auto shared = std::make_shared<const JsonDocument>(*std::move(document));
  return read_api({shared, shared->root()}, options);
}

}  // namespace perigee::definition
