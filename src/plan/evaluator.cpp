#include "plan/evaluator.hpp"

#include <algorithm>

namespace perigee::plan {

el::Value DeploymentVariables::read(const el::Reference& reference, Arena&) const {
  switch (reference.access) {
    case el::Access::api:
      return el::Value::bean(el::Bean::api);
    case el::Access::api_id:
      return el::Value::text(api_.id);
    case el::Access::api_name:
      return el::Value::text(api_.name);
    case el::Access::api_version:
      return el::Value::text(api_.version);
    case el::Access::api_properties:
    case el::Access::properties:
      return api_.properties_fault.empty() ? el::Value::absent() : el::Value::failed();
    case el::Access::api_property:
    case el::Access::property: {
      if (!api_.properties_fault.empty()) return el::Value::failed();
      const policy::NameValue* found = policy::find_by_name(api_.properties, reference.name);
      if (!api_.has_properties) return el::Value::absent();
      return found ? el::Value::text(found->value) : el::Value::null();
    }
    default:
      return el::Value::absent();
  }
}

Result<std::string> Evaluator::text(std::string_view source, std::string_view what) {
  Result<std::string> value = evaluate(source);
  if (!value) return std::unexpected(std::move(value).error().in(what));
  return value;
}

Result<std::string> Evaluator::secret(std::string_view source, std::string_view what) {
  Result<std::string> value = evaluate(source);
  if (!value)
    return fail(value.error().code, std::string(what) + ": its expression cannot be evaluated");
  return value;
}

Result<std::string> Evaluator::evaluate(std::string_view source) {
  if (source.empty()) return std::string();
  TRY(el::Template compiled, el::Template::compile(source, policy::template_options()));
  if (compiled.is_constant()) return std::string(compiled.constant_text());
  if (compiled.needs().has(el::Needs::secrets))
    return fail(ErrorCode::unsupported,
                "expressions over #secrets are not supported by this version");
  TRY(std::optional<std::string_view> value, compiled.text(variables_, arena_));
  return std::string(value.value_or(""));
}

Result<std::string> Evaluator::file(const std::string& path) {
  Result<std::string> bytes = read_source_file(path);
  SourceFile seen = seen_as(path, bytes);
  if (std::ranges::find(files_, seen) == files_.end()) files_.push_back(std::move(seen));
  return bytes;
}

}  // namespace perigee::plan
