#include "policy/variable_objects.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "policy/query.hpp"

namespace perigee::policy {

using el::Value;

namespace {

template <class T, class... A>
Value object(Arena& into, A&&... a) {
  return Value::object(*new (into.take(sizeof(T), alignof(T))) T(std::forward<A>(a)...));
}

class HeadersObject final : public el::Object {
 public:
  explicit HeadersObject(const http::Headers& headers) : headers_(headers) {}
  Shape shape() const override { return Shape::headers; }
  Value get(std::string_view key, Arena& into) const override {
    return header_values(headers_, http::HeaderName(key), into);
  }
  std::span<const std::string_view> keys(Arena& into) const override {
    std::span<std::string_view> names = into.array<std::string_view>(headers_.live());
    std::size_t count = 0;
    for (const http::Header& header : headers_.entries()) {
      auto same = [&](std::string_view name) {
        return http::equals_ignoring_case(name, header.name());
      };
      bool seen = std::any_of(names.begin(), names.begin() + static_cast<long>(count), same);
      if (!header.removed && !seen) names[count++] = header.name();
    }
    return names.first(count);
  }

 private:
  const http::Headers& headers_;
};

class QueryObject final : public el::Object {
 public:
  explicit QueryObject(std::string_view query) : query_(query) {}
  Shape shape() const override { return Shape::multi_map; }
  Value get(std::string_view key, Arena& into) const override {
    return query_values(query_, key, into);
  }
  // In first-seen order. n log n: the client chooses n.
  std::span<const std::string_view> keys(Arena& into) const override {
    struct Seen {
      std::string_view name;
      std::size_t place;
    };
    std::vector<Seen> seen;
    QueryReader reader(query_);
    while (std::optional<QueryParameter> parameter = reader.next())
      seen.push_back({parameter->name, seen.size()});
    std::ranges::sort(seen, {}, [](const Seen& each) { return std::pair(each.name, each.place); });
    auto again = std::ranges::unique(seen, {}, &Seen::name);
    seen.erase(again.begin(), again.end());
    std::ranges::sort(seen, {}, &Seen::place);
    std::span<std::string_view> names = into.array<std::string_view>(seen.size());
    std::ranges::transform(seen, names.begin(), &Seen::name);
    return names;
  }

 private:
  std::string_view query_;
};

class SingleValuesObject final : public el::Object {
 public:
  explicit SingleValuesObject(const Attributes& values) : values_(values) {}
  Shape shape() const override { return Shape::multi_map; }
  Value get(std::string_view key, Arena& into) const override {
    return values_of_one(values_, key, into);
  }
  std::span<const std::string_view> keys(Arena& into) const override {
    std::span<std::string_view> names = into.array<std::string_view>(values_.entries().size());
    std::size_t count = 0;
    for (const Attributes::Entry& entry : values_.entries()) {
      if (!entry.removed) names[count++] = entry.name;
    }
    return names.first(count);
  }

 private:
  const Attributes& values_;
};

class NameValuesObject final : public el::Object {
 public:
  explicit NameValuesObject(const std::vector<NameValue>& values) : values_(values) {}
  Shape shape() const override { return Shape::map; }
  Value get(std::string_view key, Arena&) const override {
    const NameValue* found = find_by_name(values_, key);
    return found ? Value::text(found->value) : Value::absent();
  }
  std::span<const std::string_view> keys(Arena& into) const override {
    std::span<std::string_view> names = into.array<std::string_view>(values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) names[i] = values_[i].name;
    return names;
  }

 private:
  const std::vector<NameValue>& values_;
};

class DictionariesObject final : public el::Object {
 public:
  explicit DictionariesObject(const Dictionaries& all) : all_(all) {}
  Shape shape() const override { return Shape::map; }
  Value get(std::string_view key, Arena& into) const override {
    return dictionary(all_, key, into);
  }
  std::span<const std::string_view> keys(Arena& into) const override {
    std::span<std::string_view> names = into.array<std::string_view>(all_.size());
    std::size_t count = 0;
    for (const auto& [key, dictionary] : all_) names[count++] = key;
    return names;
  }

 private:
  const Dictionaries& all_;
};

class ParametersObject final : public el::Object {
 public:
  explicit ParametersObject(const Failure& failure) : failure_(failure) {}
  Shape shape() const override { return Shape::map; }
  Value get(std::string_view key, Arena&) const override { return parameter(failure_, key); }
  std::span<const std::string_view> keys(Arena& into) const override {
    std::span<std::string_view> names = into.array<std::string_view>(failure_.parameters.size());
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = failure_.parameters[i].first;
    return names;
  }

 private:
  const Failure& failure_;
};

}  // namespace

Value header_values(const http::Headers& headers, const http::HeaderName& name, Arena& into) {
  std::size_t count = headers.count(name);
  if (count == 0) return Value::absent();
  std::span<Value> values = el::take_values(into, count);
  std::size_t at = 0;
  for (const http::Header& header : headers.entries()) {
    if (header.is(name)) values[at++] = Value::text(header.value());
  }
  return Value::list(values);
}

Value first_header(const http::Headers& headers, const http::HeaderName& name) {
  std::optional<std::string_view> value = headers.get(name);
  return value ? Value::text(*value) : Value::absent();
}

Value query_values(std::string_view query, std::string_view name, Arena& into) {
  std::size_t count = 0;
  QueryReader counter(query);
  while (std::optional<QueryParameter> parameter = counter.next()) count += parameter->name == name;
  if (count == 0) return Value::absent();
  std::span<Value> values = el::take_values(into, count);
  std::size_t at = 0;
  QueryReader reader(query);
  while (std::optional<QueryParameter> parameter = reader.next()) {
    if (parameter->name == name) values[at++] = Value::text(parameter->value);
  }
  return Value::list(values);
}

Value first_query_value(std::string_view query, std::string_view name) {
  QueryReader reader(query);
  while (std::optional<QueryParameter> parameter = reader.next()) {
    if (parameter->name == name) return Value::text(parameter->value);
  }
  return Value::absent();
}

Value values_of_one(const Attributes& values, std::string_view name, Arena& into) {
  const Value* value = values.get(name);
  if (!value) return Value::absent();
  std::span<Value> list = el::take_values(into, 1);
  list[0] = *value;
  return Value::list(list);
}

Value dictionary(const Dictionaries& all, std::string_view name, Arena& into) {
  auto found = all.find(name);
  return found == all.end() ? Value::absent() : name_values_object(found->second, into);
}

Value parameter(const Failure& failure, std::string_view name) {
  for (const auto& [each, value] : failure.parameters) {
    if (each == name) return Value::text(value);
  }
  return Value::absent();
}

Value headers_object(const http::Headers& headers, Arena& into) {
  return object<HeadersObject>(into, headers);
}
Value query_object(std::string_view query, Arena& into) { return object<QueryObject>(into, query); }
Value single_values_object(const Attributes& values, Arena& into) {
  return object<SingleValuesObject>(into, values);
}
Value name_values_object(const std::vector<NameValue>& values, Arena& into) {
  return object<NameValuesObject>(into, values);
}
Value dictionaries_object(const Dictionaries& all, Arena& into) {
  return object<DictionariesObject>(into, all);
}
Value parameters_object(const Failure& failure, Arena& into) {
  return object<ParametersObject>(into, failure);
}

}  // namespace perigee::policy
