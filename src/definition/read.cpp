#include "definition/read.hpp"

#include <utility>

#include "definition/object.hpp"
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

enum class Format { v1, v2, v4, unknown };

constexpr std::string_view kHowToSayV4 =
    R"(write "definitionVersion": "4.0.0" when it is a v4 definition)";

// A word that names a version, of `definitionVersion` or of `gravitee`.
Format format_named(Json word) {
  std::string name = word.is_text() ? normalised(word.text()) : std::string();
  if (name == "4.0.0" || name == "v4") return Format::v4;
  if (name == "2.0.0" || name == "v2") return Format::v2;
  if (name == "1.0.0" || name == "v1") return Format::v1;
  return Format::unknown;
}

void refuse_word(Object& root, std::string_view member, Format format) {
  if (format == Format::v1) {
    root.error(member, "v1 definitions are not supported since 4.0; migrate the API to v4");
  } else {
    root.error(member, "unknown definition version, found " + described(root.json()[member]) +
                           "; " + std::string(kHowToSayV4));
  }
}

// compat: `gravitee` counts unless definitionVersion says v4; documents are found that say v4 only
// there. Without a word of its own and of its carrier a document is a v2 one.
Format format_of(Object& root, const ReadOptions& options) {
  Json version = root.value("definitionVersion"), gravitee = root.value("gravitee");
  Format format = version.present() ? format_named(version) : Format::v2;
  std::string_view member = "definitionVersion";
  if (format == Format::v2 && gravitee.present()) {
    member = "gravitee";
    format = format_named(gravitee);
  } else if (!version.present() && options.version == DefinitionVersion::v4) {
    return Format::v4;
  }
  if (format != Format::v2 && format != Format::v4) refuse_word(root, member, format);
  return format;
}

// A v4 definition that does not say so.
bool looks_like_v4(Json root) {
  bool silent = !root["definitionVersion"].present() && !root["gravitee"].present();
  bool has_parts = root["listeners"].present() || root["endpointGroups"].present();
  return silent && has_parts && !root["proxy"].present();
}

void add_open_plan(Api& api) {
  ApiPlan plan;
  plan.id = "open";
  plan.name = "open";
  plan.status = PlanStatus::published;
  plan.security = "key-less";
  plan.pointer = api.pointer + "/plans";
  plan.security_pointer = plan.pointer;
  api.plans.push_back(std::move(plan));
}

Api read_object(Object& root, const DefinitionSource& source, const ReadOptions& options) {
  Api api;
  Format format = format_of(root, options);
  if (format == Format::v4) {
    read_v4(root, source.plans_holder, api);
  } else if (format == Format::v2 && looks_like_v4(root.json())) {
    root.error("", "without definitionVersion it is a v2 definition, and has no 'proxy'; " +
                       std::string(kHowToSayV4));
  } else if (format == Format::v2) {
    read_v2(root, source.plans_holder, api);
  }
  if (options.open_plan && api.plans.empty()) add_open_plan(api);
  return api;
}

Parsed refused(Problem problem) {
  Parsed parsed;
  parsed.problems.push_back(std::move(problem));
  return parsed;
}
Parsed refused(std::string pointer, std::string message) {
  return refused({Severity::error, std::move(pointer), std::move(message), {}});
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
  warn_of_duplicates(*source.document, source.inside, reading.problems);
  api.documents = std::move(reading.documents);
  if (!reading.problems.has_errors()) {
    parsed.api = std::move(api);
  } else if (options.keep_refused) {
    parsed.refused = std::move(api);
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
  if (!document) return refused(not_json(document.error()));
  auto shared = std::make_shared<const JsonDocument>(*std::move(document));
  return read_api({shared, shared->root()}, options);
}

}  // namespace perigee::definition
