#include "el/builder.hpp"

#include <algorithm>
#include <limits>

#include "base/ascii.hpp"
#include "base/nearest.hpp"
#include "el/access.hpp"
#include "el/format.hpp"
#include "el/lexer.hpp"
#include "el/xml_functions.hpp"

namespace perigee::el {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 100)) + "'"; }

std::unexpected<Error> unsupported(std::uint32_t column, const std::string& what) {
  return fail_at(column, what + " is not supported by this version", ErrorCode::unsupported);
}

bool is_within(Access access, Access first, Access last) {
  return access >= first && access <= last;
}

// Values of a multi-map are lists: a missing key is null. Of a map, null() says that itself.
bool has_lists(Access keyed) { return first_of(keyed) != Access::none; }

bool is_read(const Node& node) { return node.op == Op::read || node.op == Op::read_or_null; }

std::string arguments_wrong(std::string_view name, std::size_t count) {
  return quoted(name) + " does not take " + std::to_string(count) + " arguments";
}

}  // namespace

Result<NodeId> Builder::add(Node node, std::span<const NodeId> children, std::uint32_t column) {
  std::size_t depth = 1;
  for (NodeId child : children)
    depth = std::max<std::size_t>(depth, program_.nodes[child].depth + 1u);
  if (depth > kChainMax)
    return fail_at(column, "more than " + std::to_string(kChainMax) + " steps hang on each other");
  node.depth = static_cast<std::uint16_t>(depth);
  node.column = column;
  node.first_child = static_cast<std::uint32_t>(program_.children.size());
  node.child_count = static_cast<std::uint32_t>(children.size());
  program_.children.insert(program_.children.end(), children.begin(), children.end());
  program_.nodes.push_back(node);
  return static_cast<NodeId>(program_.nodes.size() - 1);
}

Result<NodeId> Builder::constant(Value value, std::uint32_t column) {
  return add({.op = Op::constant, .value = value}, {}, column);
}

void Builder::warn(std::uint32_t column, const std::string& reason, std::string_view name,
                   std::span<const std::string_view> candidates) {
  if (program_.warnings.size() >= kWarningsMax) return;
  program_.warnings.push_back("column " + std::to_string(column) + ": " + reason +
                              did_you_mean(name, candidates));
}

Result<NodeId> Builder::refused(const std::string& reason, std::uint32_t column,
                                std::string_view name,
                                std::span<const std::string_view> candidates) {
  warn(column, reason + ", it fails when it is reached", name, candidates);
  return refused_silently(reason, column);
}

Result<NodeId> Builder::refused_silently(const std::string& reason, std::uint32_t column) {
  return add({.op = Op::refused, .value = Value::text(keep(reason))}, {}, column);
}

Result<NodeId> Builder::this_item(std::uint32_t column) {
  return add({.op = Op::this_item}, {}, column);
}

Result<NodeId> Builder::read(Op op, Access access, std::string_view name, bool safe,
                             std::uint32_t column) {
  note_need(access);
  Node node{.op = op, .safe = safe, .access = access, .value = Value::text(name)};
  if (access == Access::request_paths || access == Access::request_path_infos) {
    bool is_whole = access == Access::request_paths;
    node.op = Op::split_path;
    node.access = is_whole ? Access::request_path : Access::request_path_info;
  }
  if (!name.empty() && options_.name_id) node.number = options_.name_id(access, name);
  return add(node, {}, column);
}

void Builder::note_need(Access access) {
  using enum Access;
  if (access == request_content || access == request_json || access == request_json_content ||
      access == request_xml_content)
    program_.needs.add(Needs::request_body);
  if (access == response_content || access == response_json || access == response_json_content ||
      access == response_xml_content)
    program_.needs.add(Needs::response_body);
  if (is_within(access, request_ssl, ssl_server_attribute_first)) program_.needs.add(Needs::tls);
  if (access == subscription || is_within(access, subscription_id, subscription_api_product_id))
    program_.needs.add(Needs::subscription);
  if (access == secrets) program_.needs.add(Needs::secrets);
}

Result<NodeId> Builder::variable(std::string_view name, std::uint32_t column) {
  if (name == "this") return this_item(column);
  if (name == "root") return constant(Value::null(), column);
  const AccessInfo* info = find_variable(name);
  if (info) return read(Op::read_or_null, info->access, {}, false, column);
  bool may_be_set = std::ranges::find(options_.variables, name) != options_.variables.end();
  if (!may_be_set)
    warn(column, "there is no variable " + quoted(name) + ", it is null", name,
         names_in(Bean::none));
  return read(Op::read_or_null, Access::variable, name, false, column);
}

Result<NodeId> Builder::bare_name(std::string_view name, std::uint32_t column) {
  TRY(NodeId item, this_item(column));
  return add({.op = Op::property, .bare = true, .value = Value::text(name)}, {&item, 1}, column);
}

Result<NodeId> Builder::bean_property(Bean bean, std::string_view name, bool safe,
                                      std::uint32_t column) {
  if (const AccessInfo* info = find_property(bean, name))
    return read(Op::read, info->access, {}, safe, column);
  bool is_client = bean == Bean::ssl_client;
  if ((is_client || bean == Bean::ssl_server) && is_principal_value(name))
    return read(Op::read, is_client ? Access::ssl_client_value : Access::ssl_server_value, name,
                safe, column);
  return unknown_property(bean, name, column);
}

Result<NodeId> Builder::unknown_property(Bean bean, std::string_view name, std::uint32_t column) {
  std::string reason = std::string(name_of(bean)) + " has no property " + quoted(name);
  warn(column, reason, name, names_in(bean));
  return refused_silently(reason, column);
}

Result<NodeId> Builder::keyed_read(Access container, std::string_view key, bool safe,
                                   std::uint32_t column) {
  Access access = keyed(container);
  if (is_header(access)) {
    key = keep(ascii_lower(key));
  }
  return read(has_lists(access) ? Op::read_or_null : Op::read, access, key, safe, column);
}

Result<NodeId> Builder::property(NodeId target, std::string_view name, bool safe,
                                 std::uint32_t column) {
  if (node(target).op == Op::refused) return target;  // its reason is the better one
  if (is_read(node(target))) {
    Access access = node(target).access;
    const AccessInfo* info = info_of(access);
    if (info && info->bean != Bean::none) return bean_property(info->bean, name, safe, column);
    if (keyed(access) != Access::none) return keyed_read(access, name, safe, column);
  }
  return add({.op = Op::property, .safe = safe, .value = Value::text(name)}, {&target, 1}, column);
}

Result<NodeId> Builder::index(NodeId target, NodeId index, std::uint32_t column) {
  const Node& from = node(target);
  const Node& by = node(index);
  bool is_key = is_constant_text(index) || by.bare;
  if (is_read(from) && is_key && keyed(from.access) != Access::none)
    return keyed_read(from.access, by.value.as_text(), false, column);
  bool is_position =
      by.op == Op::constant && by.value.kind() == Kind::integer && by.value.as_integer() >= 0;
  if (is_read(from) && is_position && by.value.as_integer() == 0 &&
      first_of(from.access) != Access::none)
    return read(Op::read, first_of(from.access), from.value.as_text(), false, column);
  if (from.op == Op::split_path && is_position)
    return add({.op = Op::path_segment,
                .access = from.access,
                .number = static_cast<std::uint32_t>(by.value.as_integer())},
               {}, column);
  NodeId children[] = {target, index};
  TRY(NodeId id, add({.op = Op::index}, children, column));
  fold(id);
  return id;
}

std::optional<Result<NodeId>> Builder::container_call(NodeId target, std::string_view name,
                                                      std::span<const NodeId> arguments,
                                                      std::uint32_t column) {
  const Node& from = node(target);
  if (!is_read(from) || arguments.size() != 1 || !is_constant_text(arguments[0]))
    return std::nullopt;
  Access values = keyed(from.access), first = first_of(values);
  if (first == Access::none) return std::nullopt;
  bool is_get = name == "getFirst" || (name == "get" && is_header(values));
  bool is_test = name == "containsKey" || (name == "contains" && is_header(values));
  if (!is_get && !is_test) return std::nullopt;
  std::string_view key = node(arguments[0]).value.as_text();
  TRY(NodeId id, keyed_read(from.access, key, false, column));
  node(id).op = is_get ? Op::read_or_null : Op::is_present;
  node(id).access = first;
  if (options_.name_id) node(id).number = options_.name_id(first, node(id).value.as_text());
  return id;
}

Result<NodeId> Builder::call(NodeId target, std::string_view name, std::vector<NodeId> arguments,
                             bool safe, std::uint32_t column) {
  if (node(target).op == Op::refused) return target;
  if (is_constant(target) && node(target).value.kind() == Kind::type)
    return static_call(static_cast<Type>(node(target).value.as_integer()), name,
                       std::move(arguments), column);
  if (auto shortcut = container_call(target, name, arguments, column)) return *std::move(shortcut);
  const AccessInfo* info = is_read(node(target)) ? info_of(node(target).access) : nullptr;
  bool is_principal = info && (info->bean == Bean::ssl_client || info->bean == Bean::ssl_server);
  if (is_principal && arguments.empty() && (name.starts_with("get") || name == "isDefined") &&
      name.size() > 3) {
    std::string getter(name.substr(name[0] == 'g' ? 3 : 2));
    getter[0] = static_cast<char>(getter[0] | 0x20);
    return property(target, keep(getter), safe, column);
  }
  const MethodInfo* method = find_method(name);
  bool is_container = is_read(node(target)) && keyed(node(target).access) != Access::none;
  if (!method || (is_container && !is_of_containers(method->method)))
    return refused("the method " + quoted(name) + " is not allowed", column, name,
                   is_container ? container_method_names() : method_names());
  if (arguments.size() < method->arguments_min || arguments.size() > method->arguments_max)
    return refused(arguments_wrong(name, arguments.size()), column);
  Node made{.op = Op::call,
            .safe = safe,
            .method = method->method,
            .detail = method->detail,
            .number = kNotConstant};
  if (takes_pattern(method->method)) {
    TRY(made.number, constant_pattern(arguments[0], column));
  }
  arguments.insert(arguments.begin(), target);
  TRY(NodeId id, add(made, arguments, column));
  if (is_pure(method->method)) fold(id);
  return id;
}

Result<NodeId> Builder::static_call(Type type, std::string_view name, std::vector<NodeId> arguments,
                                    std::uint32_t column) {
  const StaticInfo* info = find_static(type, name);
  if (!info)
    return refused("the static method " + quoted(name) + " is not allowed", column, name,
                   static_names(type));
  if (arguments.size() < info->arguments_min || arguments.size() > info->arguments_max)
    return refused(arguments_wrong(name, arguments.size()), column);
  if (info->method == StaticMethod::string_format && is_constant_text(arguments[0]))
    if (auto conversion = unsupported_conversion(node(arguments[0]).value.as_text()))
      return unsupported(column, "the conversion " + quoted(*conversion));
  TRY(NodeId id, add({.op = Op::static_call,
                      .static_method = info->method,
                      .number = static_cast<std::uint32_t>(type)},
                     arguments, column));
  if (is_pure(info->method)) fold(id);
  return id;
}

Result<NodeId> Builder::type(std::string_view name, std::uint32_t column) {
  auto type = find_type(name);
  if (!type)
    return refused("the type " + quoted(name) + " is not allowed", column, name, type_names());
  return constant(Value::type(static_cast<int>(*type)), column);
}

Result<NodeId> Builder::create(std::string_view type_name, std::vector<NodeId> arguments,
                               std::uint32_t column) {
  auto type = find_type(type_name);
  if (!type || !is_constructible(*type))
    return refused("new " + std::string(type_name) + " is not allowed", column, type_name,
                   type_names());
  std::size_t arguments_max = constructor_arguments_max(*type);
  if (arguments.size() > arguments_max)
    return refused(arguments_wrong(type_name, arguments.size()), column);
  TRY(NodeId id,
      add({.op = Op::create, .number = static_cast<std::uint32_t>(*type)}, arguments, column));
  if (*type != Type::random && *type != Type::date) fold(id);
  return id;
}

Result<NodeId> Builder::array(std::string_view type_name, std::vector<NodeId> children,
                              bool has_size, std::uint32_t column) {
  auto type = find_type(type_name);
  if (!type || !is_array_type(*type))
    return refused("new " + std::string(type_name) + "[] is not allowed", column);
  TRY(NodeId id, add({.op = has_size ? Op::array_of_size : Op::array,
                      .number = static_cast<std::uint32_t>(*type)},
                     children, column));
  fold(id);
  return id;
}

constexpr std::string_view kFunctions[] = {"jsonPath", "xpath", "jsonEscape", "xmlEscape"};

Result<NodeId> Builder::function(std::string_view name, std::vector<NodeId> arguments,
                                 std::uint32_t column) {
  if (name == "jsonPath") return json_path(std::move(arguments), column);
  if (name == "xpath") return xpath(std::move(arguments), column);
  bool is_json = name == "jsonEscape";
  if (!is_json && name != "xmlEscape")
    return refused("there is no function #" + std::string(name), column, name, kFunctions);
  if (arguments.size() != 1)
    return refused("#" + std::string(name) + " takes one argument", column);
  TRY(NodeId id, add({.op = is_json ? Op::json_escape : Op::xml_escape}, arguments, column));
  fold(id);
  return id;
}

Result<NodeId> Builder::json_path(std::vector<NodeId> arguments, std::uint32_t column) {
  if (arguments.size() != 2) return refused("#jsonPath takes a document and a path", column);
  const Node& document = node(arguments[0]);
  // The parsed body is kept by the exchange, so that several paths parse it once.
  bool of_request = document.access == Access::request_content;
  bool of_response = document.access == Access::response_content;
  if (document.op == Op::read && (of_request || of_response)) {
    Access parsed = of_request ? Access::request_json : Access::response_json;
    TRY(arguments[0], read(Op::read, parsed, {}, document.safe, document.column));
  }
  Node made{.op = Op::json_path, .number = kNotConstant};
  if (is_constant_text(arguments[1])) {
    auto path = JsonPath::compile(node(arguments[1]).value.as_text());
    if (!path) return refused(path.error().message, column);
    made.number = static_cast<std::uint32_t>(program_.paths.size());
    program_.paths.push_back(*std::move(path));
  }
  return add(made, arguments, column);
}

Result<NodeId> Builder::xpath(std::vector<NodeId> arguments, std::uint32_t column) {
  if (arguments.size() < 2 || arguments.size() > 3)
    return refused("#xpath takes a document, a path and a type", column);
  Node made{.op = Op::xpath, .number = kNotConstant};
  if (is_constant_text(arguments[1])) {
    std::string_view written = node(arguments[1]).value.as_text();
    auto path = xml::XPath::compile(written);
    if (!path) return refused("the XPath " + quoted(written) + ": " + path.error().message, column);
    made.number = static_cast<std::uint32_t>(program_.xpaths.size());
    program_.xpaths.push_back(*std::move(path));
  }
  if (arguments.size() == 3 && is_constant_text(arguments[2]))
    if (std::string_view type = node(arguments[2]).value.as_text(); !find_xpath_type(type))
      return refused("#xpath has no type " + quoted(type) + ", only " + std::string(kXPathTypes),
                     column);
  return add(made, arguments, column);
}

Result<std::uint32_t> Builder::constant_pattern(NodeId id, std::uint32_t column) {
  if (!is_constant_text(id)) return kNotConstant;
  auto regex = Regex::compile(node(id).value.as_text());
  if (!regex) return fail_at(column, regex.error().message, regex.error().code);
  program_.regexes.push_back(*std::move(regex));
  return static_cast<std::uint32_t>(program_.regexes.size() - 1);
}

Result<NodeId> Builder::select(Op op, NodeId target, NodeId body, bool safe, std::uint32_t column) {
  NodeId children[] = {target, body};
  return add({.op = op, .safe = safe}, children, column);
}

std::optional<Result<NodeId>> Builder::null_check(Op op, std::span<const NodeId> children,
                                                  std::uint32_t column) {
  if (op != Op::equal && op != Op::not_equal) return std::nullopt;
  auto is_null = [&](NodeId id) { return is_constant(id) && node(id).value.is_null(); };
  NodeId other = is_null(children[0]) ? children[1] : children[0];
  if (!is_null(children[0]) && !is_null(children[1])) return std::nullopt;
  Node made = node(other);
  if (made.op != Op::read_or_null || first_of(made.access) == Access::none) return std::nullopt;
  made.op = Op::is_present;
  made.access = first_of(made.access);
  if (options_.name_id) made.number = options_.name_id(made.access, made.value.as_text());
  made.safe = op == Op::equal;  // of is_present: the answer is turned round
  return add(made, {}, column);
}

// compat: a list is not equal to one value (3.3), which is seldom meant; test
// ElTemplate.WarnsOfAListThatIsComparedWithOneValue.
void Builder::check_comparison(Op op, std::span<const NodeId> children) {
  if (op != Op::equal && op != Op::not_equal) return;
  bool first_is_value = is_constant(children[0]);
  const Node& value = node(children[first_is_value ? 0 : 1]);
  const Node& list = node(children[first_is_value ? 1 : 0]);
  Kind kind = value.value.kind();
  if (value.op != Op::constant || kind == Kind::null || kind > Kind::text) return;
  if (!is_read(list) || first_of(list.access) == Access::none) return;
  warn(list.column,
       "this is a list of values, which is never equal to one value; write [0] behind it");
}

Result<NodeId> Builder::operation(Op op, std::vector<NodeId> children, std::uint32_t column) {
  if (auto check = null_check(op, children, column)) return *std::move(check);
  Node made{.op = op, .number = kNotConstant};
  if (op == Op::matches) {
    TRY(made.number, constant_pattern(children[1], column));
  }
  check_comparison(op, children);
  if (children.size() == 2) warn_of_right_side(op, children[1], column);
  TRY(NodeId id, add(made, children, column));
  fold(id);
  return id;
}

// Of a constant right side it is known whether the operator can take it.
void Builder::warn_of_right_side(Op op, NodeId right, std::uint32_t column) {
  if (!is_constant(right)) return;
  const Value value = node(right).value;
  std::string_view needed;
  if (op == Op::matches && !value.is_text()) needed = "'matches' needs a regular expression";
  if (op == Op::between && !(value.is_list() && value.list_size() == 2))
    needed = "'between' needs a list of two values, {1, 5},";
  if (op == Op::instance_of && value.kind() != Kind::type)
    needed = "'instanceof' needs a type, T(java.lang.String),";
  if (!needed.empty())
    warn(column, std::string(needed) + " on its right, it fails when it is reached");
}

}  // namespace perigee::el
