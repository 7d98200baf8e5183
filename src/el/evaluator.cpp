// Reading: variables, properties, indexes, calls. Operators are in evaluator_operators.cpp.
#include "el/evaluator.hpp"

#include <algorithm>

#include "el/access.hpp"
#include "el/convert.hpp"
#include "el/escape.hpp"
#include "el/operators.hpp"
#include "el/text.hpp"
#include "el/xml_functions.hpp"

namespace perigee::el {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 100)) + "'"; }

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

Value json_body(Value parsed) {
  if (parsed.is_absent() || parsed.is_map() || parsed.is_failed()) return parsed;
  return Value::map({});  // compat: invalid, empty or not an object: an empty map
}

}  // namespace

Value split_path(std::string_view path, Arena& arena) {
  std::string_view kept = without_trailing_slashes(path);
  if (kept.empty() && !path.empty()) return Value::array({});
  auto count = static_cast<std::size_t>(std::ranges::count(kept, '/')) + 1;
  auto parts = take_values(arena, count);
  for (Value& part : parts) {
    std::size_t end = std::min(kept.find('/'), kept.size());
    part = Value::text(kept.substr(0, end));
    kept.remove_prefix(std::min(end + 1, kept.size()));
  }
  return Value::array(parts);
}

Value Evaluator::evaluate(NodeId id) {
  const Node& node = program_.nodes[id];
  if (node.op == Op::constant) return node.value;
  Value value = run_.step() ? value_of(node) : Value::failed();
  if (value.is_failed() && failed_column_ == 0) [[unlikely]]
    failed_column_ = node.column;
  return value;
}

Value Evaluator::value_of(const Node& node) {
  switch (node.op) {
    case Op::constant:
      return node.value;
    case Op::refused:
      return run_.fail(std::string(node.value.as_text()));
    case Op::read:
    case Op::read_or_null:
    case Op::is_present:
    case Op::split_path:
      return read(node);
    case Op::path_segment:
      return path_segment(node);
    case Op::this_item:
      return this_;
    case Op::property:
      return property(node);
    case Op::index:
      return index(node);
    case Op::call:
      return call(node);
    case Op::static_call:
      return static_call(node);
    case Op::create:
      return create(node);
    case Op::array:
    case Op::array_of_size:
      return array(node);
    case Op::json_path:
      return json_path(node);
    case Op::xpath:
      return xpath(node);
    case Op::json_escape:
    case Op::xml_escape:
      return escaped(node);
    case Op::list:
      return list(node);
    case Op::map:
      return map(node);
    case Op::select_all:
    case Op::select_first:
    case Op::select_last:
      return select(node);
    case Op::project:
      return project(node);
    case Op::and_:
    case Op::or_:
    case Op::not_:
      return connective(node);
    case Op::add:
      return sum(node);
    case Op::ternary:
      return ternary(node);
    case Op::elvis:
      return elvis(node);
    case Op::between:
      return between(node);
    case Op::matches:
      return matches(node);
    default:
      return relation(node);
  }
}

Value Evaluator::read_access(Access access, std::uint32_t id, std::string_view name) {
  using enum Access;
  switch (access) {
    case request_json_content:
      return json_body(read_access(request_json, 0, {}));
    case response_json_content:
      return json_body(read_access(response_json, 0, {}));
    case request_paths:
    case request_path_infos: {
      Value path = run_.variables.read({access == request_paths ? request_path : request_path_info},
                                       run_.arena);
      return path.is_text() ? split_path(path.as_text(), run_.arena) : path;
    }
    case request_xml_content:
    case response_xml_content: {
      bool of_request = access == request_xml_content;
      Value body =
          run_.variables.read({of_request ? request_content : response_content}, run_.arena);
      return body.is_text() ? xml_content(body.as_text(), run_) : body;
    }
    default: {
      Value value = run_.variables.read({access, id, name}, run_.arena);
      if (value.is_failed()) [[unlikely]]
        return run_.fail(run_.variables.why_failed({access, id, name}));
      return value;
    }
  }
}

Value Evaluator::read(const Node& node) {
  Value value = read_access(node.access, node.number, node.value.as_text());
  if (value.is_failed()) return value;
  if (node.op == Op::is_present) return Value::boolean(value.is_absent() == node.safe);
  if (!value.is_absent()) {
    if (node.op == Op::split_path && value.is_text())
      return split_path(value.as_text(), run_.arena);
    return value;
  }
  if (node.op == Op::read_or_null || node.safe) return Value::null();
  if (!node.value.as_text().empty())
    return run_.fail("there is no value for " + quoted(node.value.as_text()));
  const AccessInfo* info = info_of(node.access);
  if (!info) return run_.fail("there is no value");
  return run_.fail("the property " + quoted(info->name) +
                   " cannot be read: " + std::string(name_of(info->owner)) + " is null");
}

Value Evaluator::path_segment(const Node& node) {
  Value path = run_.variables.read({node.access}, run_.arena);
  if (!path.is_text()) return run_.fail("the path cannot be read: #request is null");
  std::string_view rest = without_trailing_slashes(path.as_text());
  std::uint32_t left = node.number;
  bool has_parts = !rest.empty() || path.as_text().empty();
  for (; has_parts && left > 0; --left) {
    std::size_t slash = rest.find('/');
    has_parts = slash != rest.npos;
    rest.remove_prefix(has_parts ? slash + 1 : 0);
  }
  if (!has_parts)
    return run_.fail("index " + std::to_string(node.number) + " is outside of the path's parts");
  return Value::text(rest.substr(0, rest.find('/')));
}

Value Evaluator::property(const Node& node) {
  Value target = evaluate(program_.children_of(node)[0]);
  if (target.is_failed()) return target;
  std::string_view name = node.value.as_text();
  if (!target.is_null()) return property_of(target, name);
  if (node.safe) return target;
  if (node.bare) return run_.fail(quoted(name) + " is not known here; variables begin with #");
  return run_.fail("the property " + quoted(name) + " cannot be read on null");
}

Value Evaluator::property_of(Value target, std::string_view name) {
  if (target.is_map()) {
    Value value = run_.find(target, name);
    return value.is_absent() ? Value::null() : value;
  }
  switch (target.kind()) {
    case Kind::bean:
      return bean_property(target.as_bean(), name);
    case Kind::object: {
      Value value = target.as_object().get(name, run_.arena);
      if (!value.is_absent()) return value;
      break;
    }
    case Kind::entry:
      if (name == "key") return target.as_entry().key;
      if (name == "value") return target.as_entry().value;
      break;
    case Kind::bytes:
      if (name == "length")
        return Value::integer(static_cast<std::int32_t>(target.as_text().size()));
      break;
    case Kind::list:
      if (target.is_array() && name == "length")
        return Value::integer(static_cast<std::int32_t>(target.list_size()));
      break;
    default:
      break;
  }
  return run_.fail(std::string(kind_name(target)) + " has no property " + quoted(name));
}

Value Evaluator::bean_property(Bean bean, std::string_view name) {
  const AccessInfo* info = find_property(bean, name);
  if (info && info->bean != Bean::none) return Value::bean(info->bean);
  bool is_client = bean == Bean::ssl_client;
  Value value = Value::absent();
  if (info)
    value = read_access(info->access, 0, {});
  else if ((is_client || bean == Bean::ssl_server) && is_principal_value(name))
    value = read_access(is_client ? Access::ssl_client_value : Access::ssl_server_value, 0, name);
  if (!value.is_absent()) return value;
  return run_.fail(std::string(name_of(bean)) + " has no property " + quoted(name));
}

Value Evaluator::index(const Node& node) {
  auto children = program_.children_of(node);
  Value target = evaluate(children[0]);
  if (target.is_failed()) return target;
  if (target.is_null()) return run_.fail("null has no index");
  const Node& by = program_.nodes[children[1]];
  // A bare word in an index of a map is the key itself.
  Value index = by.bare && target.is_map() ? by.value : evaluate(children[1]);
  if (index.is_failed()) return index;
  if (target.is_list()) return index_list(target, index);
  if (target.is_text() || target.kind() == Kind::bytes) return index_text(target, index);
  if (!target.is_map() && target.kind() != Kind::bean && target.kind() != Kind::object)
    return run_.fail(std::string(kind_name(target)) + " has no index");
  if (index.is_null()) return target.is_map() ? Value::null() : run_.fail("the index is null");
  Text key = to_text(index, run_);
  return key.ok ? property_of(target, key.text) : Value::failed();
}

Value Evaluator::index_list(Value list, Value index) {
  Number number = to_int(index, run_.problem);
  if (!number.ok) return Value::failed();
  if (number.is_null) return run_.fail("the index is null");
  if (number.value < 0 || static_cast<std::size_t>(number.value) >= list.list_size())
    return run_.fail("index " + std::to_string(number.value) + " is outside of a list of size " +
                     std::to_string(list.list_size()));
  return list.item(static_cast<std::size_t>(number.value));
}

Value Evaluator::index_text(Value text, Value index) {
  Number number = to_int(index, run_.problem);
  if (!number.ok) return Value::failed();
  std::string_view chars = text.as_text();
  if (!run_.look_through(chars)) return Value::failed();
  std::size_t size = text.is_text() ? units_of(chars) : chars.size();
  if (number.is_null || number.value < 0 || static_cast<std::size_t>(number.value) >= size)
    return run_.fail("index " + std::to_string(number.value) + " is outside of a length of " +
                     std::to_string(size));
  auto at = static_cast<std::size_t>(number.value);
  if (!text.is_text()) return Value::integer(static_cast<signed char>(chars[at]));
  std::size_t begin = byte_of_unit(chars, at), end = begin;
  next_character(chars, end);
  return Value::text(chars.substr(begin, end - begin));
}

bool Evaluator::evaluate_all(Children children, std::span<Value> to) {
  for (std::size_t i = 0; i < children.size(); ++i) {
    to[i] = evaluate(children[i]);
    if (to[i].is_failed()) return false;
  }
  return true;
}

Value Evaluator::call(const Node& node) {
  auto children = program_.children_of(node);
  Value target = evaluate(children[0]);
  if (target.is_failed()) return target;
  if (target.is_null()) return node.safe ? target : run_.fail("a method cannot be called on null");
  Value arguments[kArgumentsMax];
  Children rest = children.subspan(1);
  if (!evaluate_all(rest, arguments)) return Value::failed();
  std::span<const Value> given(arguments, rest.size());
  if (target.kind() == Kind::bean && target.as_bean() == Bean::secrets &&
      node.method == Method::get)
    return secret(given);
  const Regex* pattern =
      node.number == kNotConstant ? nullptr : program_.regexes[node.number].get();
  return call_method({run_, node.method, target, given, pattern, node.detail});
}

Value Evaluator::secret(std::span<const Value> arguments) {
  Value name = arguments[0];
  if (arguments.size() == 2) name = add(add(name, Value::text(":"), run_), arguments[1], run_);
  if (!name.is_text()) return run_.fail("#secrets.get needs a text");
  Value value = run_.variables.read({Access::secret, 0, name.as_text()}, run_.arena);
  return value.is_absent()
             ? run_.fail("the secret " + quoted(name.as_text()) + " cannot be resolved here")
             : value;
}

Value Evaluator::static_call(const Node& node) {
  Value arguments[kArgumentsMax];
  auto children = program_.children_of(node);
  if (!evaluate_all(children, arguments)) return Value::failed();
  return el::call_static(node.static_method, static_cast<Type>(node.number),
                         {arguments, children.size()}, run_);
}

Value Evaluator::create(const Node& node) {
  Value arguments[2];
  auto children = program_.children_of(node);
  if (!evaluate_all(children, arguments)) return Value::failed();
  return el::create(static_cast<Type>(node.number), {arguments, children.size()}, run_);
}

Value Evaluator::json_path(const Node& node) {
  Value given[2];
  if (!evaluate_all(program_.children_of(node), given)) return Value::failed();
  Value document = given[0];
  if (document.is_text()) {
    const bool is_body = run_.variables.keeps(document.as_text());
    if (!is_body && !run_.build(document.as_text().size())) return Value::failed();
    auto parsed = run_.variables.parse_json(document.as_text());
    if (!parsed) return run_.fail("#jsonPath: " + parsed.error().message);
    document = Value::json(*parsed->node());
  }
  if (!document.is_map() && !document.is_list())
    return run_.fail("#jsonPath needs JSON, not " + std::string(kind_name(document)));
  if (node.number != kNotConstant) return program_.paths[node.number]->evaluate(document, run_);
  if (!given[1].is_text())
    return run_.fail("#jsonPath needs a path, not " + std::string(kind_name(given[1])));
  auto path = JsonPath::compile(given[1].as_text());
  return path ? (*path)->evaluate(document, run_) : run_.fail(path.error().message);
}

Value Evaluator::xpath(const Node& node) {
  Value given[3];
  auto children = program_.children_of(node);
  if (!evaluate_all(children, given)) return Value::failed();
  auto type = std::optional(XPathType::string);
  if (children.size() == 3)
    type = given[2].is_text() ? find_xpath_type(given[2].as_text()) : std::nullopt;
  if (!type) return run_.fail("#xpath needs a type, " + std::string(kXPathTypes));
  if (node.number != kNotConstant)
    return evaluate_xpath(*program_.xpaths[node.number], given[0], *type, run_);
  if (!given[1].is_text())
    return run_.fail("#xpath needs a path, not " + std::string(kind_name(given[1])));
  auto path = xml::XPath::compile(given[1].as_text());
  return path ? evaluate_xpath(**path, given[0], *type, run_)
              : run_.fail("the XPath " + quoted(given[1].as_text()) + ": " + path.error().message);
}

Value Evaluator::escaped(const Node& node) {
  Value value = evaluate(program_.children_of(node)[0]);
  if (value.is_failed()) return value;
  return escape(value, node.op == Op::json_escape ? json_escaped : xml_escaped, run_);
}

}  // namespace perigee::el
