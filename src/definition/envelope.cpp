#include "definition/envelope.hpp"

#include <xxhash.h>

#include <array>
#include <utility>

#include "base/uuid.hpp"
#include "definition/read_parts.hpp"

namespace perigee::definition {
namespace {

// An object of the file, or of a document inside one of its strings.
struct Layer {
  std::shared_ptr<const JsonDocument> document;
  Json object;
  std::string inside;
};

std::string content_hash(std::string_view bytes) {
  std::string text(16, '0');
  write_hex(text.data(), XXH3_64bits(bytes.data(), bytes.size()), 16);
  return text;
}

Shape shape_of(Json root) {
  auto has = [&](std::string_view member) { return !root[member].absent(); };
  if (has("apiEvent")) return Shape::local_file;
  if (root["api"].is_object()) return Shape::api_export;
  if (has("payload")) return Shape::event;
  if (root["definition"].is_text() || root["definition"].is_object()) return Shape::repository_api;
  for (std::string_view member : {"listeners", "endpointGroups", "proxy", "gravitee",
                                  "definitionVersion", "apiVersion", "flows", "plans"}) {
    if (has(member)) return Shape::definition;
  }
  return Shape::unknown;
}

// The types of events that are deployed.
struct EventType {
  std::string_view name;
  Subject subject;
  Action action;
};
constexpr std::array<EventType, 11> kEventTypes{{
    {"PUBLISH_API", Subject::api, Action::deploy},
    {"START_API", Subject::api, Action::deploy},
    {"UNPUBLISH_API", Subject::api, Action::undeploy},
    {"STOP_API", Subject::api, Action::undeploy},
    {"PUBLISH_DICTIONARY", Subject::dictionary, Action::deploy},
    {"UNPUBLISH_DICTIONARY", Subject::dictionary, Action::undeploy},
    {"PUBLISH_ORGANIZATION", Subject::organization, Action::deploy},
    {"DEPLOY_SHARED_POLICY_GROUP", Subject::shared_policy_group, Action::deploy},
    {"UNDEPLOY_SHARED_POLICY_GROUP", Subject::shared_policy_group, Action::undeploy},
    {"DEPLOY_ACCESS_POINT", Subject::access_point, Action::deploy},
    {"UNDEPLOY_ACCESS_POINT", Subject::access_point, Action::undeploy},
}};
constexpr std::size_t kApiEventTypes = 4;  // they come first

constexpr auto kEventTypeNames = [] {
  std::array<std::string_view, kEventTypes.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kEventTypes[i].name;
  return names;
}();

// The member of an event's properties that names its subject.
std::string_view id_property(Subject subject) {
  switch (subject) {
    case Subject::api:
      return "api_id";
    case Subject::dictionary:
      return "dictionary_id";
    case Subject::organization:
      return "organization_id";
    case Subject::shared_policy_group:
      return "shared_policy_group_id";
    case Subject::access_point:
      return "access_point_id";
  }
  return "";
}

class Reader {
 public:
  Reader(const EnvelopeOptions& options, Envelope& envelope)
      : options_(options), envelope_(envelope), reading_{options.read.limits, {}, {}} {}

  void read(std::string_view bytes) {
    auto document = parsed(bytes, options_.read.limits.file_bytes_max);
    if (!document) {
      reading_.problems.error(not_json(document.error()));
      return;
    }
    Layer root{*document, (*document)->root(), ""};
    envelope_.document = *document;
    envelope_.content = content_hash(bytes);
    envelope_.revision = envelope_.content;
    envelope_.shape = shape_of(root.object);
    if (fits(bytes)) read_shape(root);
  }

  void read_event_of(const std::shared_ptr<const JsonDocument>& document, Json event) {
    envelope_.document = document;
    envelope_.shape = Shape::event;
    envelope_.content = content_hash(event.dump());
    envelope_.revision = envelope_.content;
    read_event({document, event, ""});
  }

  // Problems of the envelope first, then those of the definition.
  void finish() {
    std::vector<Problem> all = std::move(reading_.problems).take();
    std::move(envelope_.problems.begin(), envelope_.problems.end(), std::back_inserter(all));
    envelope_.problems = std::move(all);
  }

 private:
  // A definition that is not inside a string has only the file around it.
  bool fits(std::string_view bytes) {
    std::size_t limit = options_.read.limits.definition_bytes_max;
    bool whole = envelope_.shape == Shape::definition || envelope_.shape == Shape::api_export;
    if (!whole || bytes.size() <= limit) return true;
    reading_.problems.error("", "the definition has " + std::to_string(bytes.size()) +
                                    " bytes, the limit is " + std::to_string(limit));
    return false;
  }

  void read_shape(const Layer& root) {
    switch (envelope_.shape) {
      case Shape::definition:
        return read_definition(root, {}, options_.read.version);
      case Shape::api_export:
        return read_definition({root.document, root.object["api"], ""}, root.object,
                               options_.read.version);
      case Shape::local_file:
        return read_local_file(root);
      case Shape::event:
        return read_event(root);
      case Shape::repository_api:
        return read_repository_api(root);
      case Shape::unknown:
        reading_.problems.error(
            "", "found " + described(root.object) +
                    " that is none of: an API definition, an export with 'api', a local file with "
                    "'apiEvent', an event with 'payload', a repository API with 'definition'");
    }
  }

  void read_definition(const Layer& layer, Json plans_holder,
                       std::optional<DefinitionVersion> version) {
    ReadOptions options = options_.read;
    options.version = version;
    Parsed result = read_api({layer.document, layer.object, plans_holder, layer.inside}, options);
    if (!result.api_id.empty()) envelope_.api_id = std::move(result.api_id);
    envelope_.api = std::move(result.api);
    envelope_.refused = std::move(result.refused);
    envelope_.problems = std::move(result.problems);
  }

  void read_local_file(const Layer& root) {
    Object file(root.object, reading_, root.inside);
    file.items("subscriptions", root.object["subscriptions"].size());
    file.items("apiKeys", root.object["apiKeys"].size());
    envelope_.subscriptions = root.object["subscriptions"];
    envelope_.api_keys = root.object["apiKeys"];
    file.ignore({"apiEvent"});
    file.finish();
    read_event({root.document, root.object["apiEvent"], root.inside});
  }

  void read_event(const Layer& layer) {
    Object event(layer.object, reading_, layer.inside);
    if (!event.present()) {
      if (layer.object.is_null())
        reading_.problems.error("/apiEvent", "found null, expected an event");
      return;
    }
    if (!read_action(event)) return;
    Object properties = event.object("properties");
    std::string& id_of = is_api() ? envelope_.api_id : envelope_.subject_id;
    id_of = properties.text(id_property(envelope_.subject));
    std::optional<std::string> number = properties.optional_text("deployment_number");
    read_organization_id(event);
    read_created_at(event);
    if (envelope_.action == Action::undeploy && !event.value("payload").present()) return;
    std::optional<Layer> payload = opened(layer, event, "payload");
    if (!payload) return;
    envelope_.revision = number ? *std::move(number) : content_hash(payload->object.dump());
    if (is_api()) return read_repository_api(*payload);
    read_platform(*payload);
  }

  bool is_api() const { return envelope_.subject == Subject::api; }

  bool read_action(Object& event) {
    Names names = kEventTypeNames;
    if (options_.apis_only) names = names.first(kApiEventTypes);
    std::string type = event.required_text("type");
    std::size_t index = index_of(type, names);
    if (index == kNoName) {
      if (!type.empty()) {
        event.error("type", "event type " + quoted(type) + " deploys " +
                                (options_.apis_only ? "no API" : "nothing") +
                                did_you_mean(type, names) + "; valid: " + listed(names));
      }
      return false;
    }
    envelope_.subject = kEventTypes[index].subject;
    envelope_.action = kEventTypes[index].action;
    return true;
  }

  // A dictionary, an organization, a shared policy group or an access point.
  void read_platform(const Layer& layer) {
    Problems::Mark mark = reading_.problems.mark();
    Object payload(layer.object, reading_, layer.inside);
    std::string id = payload.text("id");
    if (!id.empty()) envelope_.subject_id = std::move(id);
    read_environment(payload);
    if (is_deleted(payload)) envelope_.action = Action::undeploy;
    if (envelope_.action == Action::undeploy) return;
    reading_.documents.push_back(layer.document);
    if (envelope_.subject == Subject::dictionary) {
      envelope_.dictionary = read_dictionary(payload);
    } else if (envelope_.subject == Subject::organization) {
      envelope_.organization = organization_of(payload);
    } else if (envelope_.subject == Subject::shared_policy_group) {
      envelope_.shared_policy_group = shared_policy_group_of(payload);
    } else {
      envelope_.access_point = read_access_point(payload);
      envelope_.environment_id = envelope_.access_point->environment_id;
    }
    if (layer.document != envelope_.document)
      warn_of_duplicates(*layer.document, layer.inside, reading_.problems);
    if (!reading_.problems.has_errors_since(mark)) return;
    envelope_.dictionary.reset();
    envelope_.organization.reset();
    envelope_.shared_policy_group.reset();
    envelope_.access_point.reset();
  }

  // An access point tells its end by its status.
  bool is_deleted(Object& payload) {
    static constexpr std::array<std::string_view, 2> kStatuses{"CREATED", "DELETED"};
    return envelope_.subject == Subject::access_point &&
           payload.choice<std::size_t>("status", kStatuses, 0) == 1;
  }

  Organization organization_of(Object& payload) {
    Organization organization = read_organization(payload);
    organization.documents = std::move(reading_.documents);
    envelope_.organization_id = organization.id;
    if (!organization.hrids.empty()) envelope_.organization_hrid = organization.hrids.front();
    return organization;
  }

  SharedPolicyGroup shared_policy_group_of(Object& payload) {
    SharedPolicyGroup group = read_shared_policy_group(payload);
    group.documents = std::move(reading_.documents);
    return group;
  }

  void read_organization_id(Object& event) {
    std::vector<std::string> organizations = event.texts("organizations");
    if (organizations.size() == 1) envelope_.organization_id = organizations.front();
  }

  void read_created_at(Object& event) {
    auto created = event.value("createdAt").absent()
                       ? Result<std::int64_t>(options_.now.count())
                       : event.json().integer_or("createdAt", options_.now.count());
    if (created) {
      envelope_.deployed_at = std::chrono::milliseconds(*created);
    } else {
      event.error("createdAt", "found " + described(event.json()["createdAt"]) +
                                   ", expected milliseconds since 1970");
    }
  }

  void read_repository_api(const Layer& layer) {
    Object api(layer.object, reading_, layer.inside);
    std::string id = api.text("id");
    if (!id.empty()) envelope_.api_id = std::move(id);
    read_environment(api);
    read_lifecycle(api);
    std::optional<DefinitionVersion> version;
    bool known = read_version(api, version);
    if (envelope_.action == Action::undeploy || !known) return;
    std::optional<Layer> definition = opened(layer, api, "definition");
    if (definition) read_definition(*definition, {}, version);
  }

  void read_environment(Object& api) {
    std::string id = api.text("environmentId");
    if (!id.empty()) envelope_.environment_id = std::move(id);
    std::string organization = api.text("organizationId");
    if (!organization.empty()) envelope_.organization_id = std::move(organization);
    envelope_.environment_hrid = api.text("environmentHrid");
    envelope_.organization_hrid = api.text("organizationHrid");
  }

  // Only STARTED is deployed. The control plane always tells; a file written by hand that does not
  // is meant to be deployed.
  void read_lifecycle(Object& api) {
    static constexpr std::array<std::string_view, 2> kStates{"stopped", "started"};
    bool told = api.value("lifecycleState").present();
    envelope_.enabled = !told || api.choice<std::size_t>("lifecycleState", kStates, 0) == 1;
  }

  // compat: a payload without version is one of a v2 API, unless its definition says otherwise.
  bool read_version(Object& api, std::optional<DefinitionVersion>& version) {
    static constexpr std::array<std::string_view, 6> kNames{"V4",    "4.0.0", "V2",
                                                            "2.0.0", "V1",    "1.0.0"};
    std::optional<std::string> name = api.optional_text("definitionVersion");
    if (!name) return true;
    std::size_t index = index_of(*name, kNames);
    if (index != kNoName) {
      version = index < 2 ? DefinitionVersion::v4 : DefinitionVersion::v2;
      return true;
    }
    api.error("definitionVersion",
              "an API of version '" + *name +
                  R"(' is not deployed by a gateway; write "definitionVersion": "V4" when it )"
                  "is a v4 API");
    return false;
  }

  // The object at `member`, or the one in the JSON text that stands there.
  std::optional<Layer> opened(const Layer& layer, Object& holder, std::string_view member) {
    Json json = holder.value(member);
    if (json.is_object()) return Layer{layer.document, json, layer.inside};
    if (!json.is_text()) {
      holder.error(member, "found " + described(json) + ", expected a string that contains JSON");
      return std::nullopt;
    }
    auto document = parsed(json.text(), options_.read.limits.definition_bytes_max);
    if (!document) {
      holder.error(member, not_inner_json(document.error()));
      return std::nullopt;
    }
    Layer inner{*document, (*document)->root(), holder.pointer(member)};
    if (inner.object.is_object()) return inner;
    holder.error(member, "the string contains " + described(inner.object) + ", expected an object");
    return std::nullopt;
  }

  std::expected<std::shared_ptr<const JsonDocument>, JsonFault> parsed(std::string_view bytes,
                                                                       std::size_t bytes_max) {
    TRY(JsonDocument document,
        JsonDocument::read(bytes,
                           {.bytes_max = bytes_max, .depth_max = options_.read.limits.depth_max}));
    return std::make_shared<const JsonDocument>(std::move(document));
  }

  const EnvelopeOptions& options_;
  Envelope& envelope_;
  Reading reading_;
};

}  // namespace

std::string_view to_string(Subject subject) {
  constexpr std::array<std::string_view, 5> kNames{"API", "dictionary", "organization",
                                                   "shared policy group", "access point"};
  return kNames[static_cast<std::size_t>(subject)];
}

Envelope read_envelope(std::string_view bytes, const EnvelopeOptions& options) {
  Envelope envelope;
  envelope.deployed_at = options.now;
  Reader reader(options, envelope);
  reader.read(bytes);
  reader.finish();
  return envelope;
}

Envelope read_event(const std::shared_ptr<const JsonDocument>& document, Json event,
                    const EnvelopeOptions& options) {
  Envelope envelope;
  envelope.deployed_at = options.now;
  Reader reader(options, envelope);
  reader.read_event_of(document, event);
  reader.finish();
  return envelope;
}

}  // namespace perigee::definition
