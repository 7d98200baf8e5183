// How expressions read #request.ssl: expression-language.md section 2.1.
//
// Nothing is read from a certificate before an expression asks for it, and then once for each
// connection. The views that are given live as long as the connection.
#include <algorithm>
#include <new>

#include "http/headers.hpp"
#include "net/certificate_subject.hpp"
#include "policy/exchange.hpp"

namespace perigee::policy {

using el::Access;
using el::Reference;
using el::Value;

namespace {

using Subject = net::CertificateSubject;

bool is_called(const Subject::Attribute& attribute, std::string_view key) {
  return attribute.oid == key || http::equals_ignoring_case(attribute.short_name, key);
}

Value first_value(const Subject& subject, std::string_view key) {
  auto found = std::ranges::find_if(
      subject.attributes, [&](const Subject::Attribute& it) { return is_called(it, key); });
  return found == subject.attributes.end() ? Value::absent() : Value::text(found->value);
}

Value values(const Subject& subject, std::string_view key, Arena& into) {
  auto fits = [&](const Subject::Attribute& it) { return is_called(it, key); };
  auto count = std::ranges::count_if(subject.attributes, fits);
  if (count == 0) return Value::absent();
  std::span<Value> list = el::take_values(into, static_cast<std::size_t>(count));
  std::size_t at = 0;
  for (const Subject::Attribute& attribute : subject.attributes) {
    if (fits(attribute)) list[at++] = Value::text(attribute.value);
  }
  return Value::list(list);
}

// Each attribute stands under its OID and, when it has one, its short name.
class AttributesOfSubject final : public el::Object {
 public:
  explicit AttributesOfSubject(const Subject& subject) : subject_(subject) {}
  Shape shape() const override { return Shape::multi_map; }
  Value get(std::string_view key, Arena& into) const override {
    return values(subject_, key, into);
  }
  std::span<const std::string_view> keys(Arena& into) const override {
    std::span<std::string_view> names =
        into.array<std::string_view>(2 * subject_.attributes.size());
    std::size_t count = 0;
    auto note = [&](std::string_view name) {
      auto end = names.begin() + static_cast<std::ptrdiff_t>(count);
      if (!name.empty() && std::find(names.begin(), end, name) == end) names[count++] = name;
    };
    for (const Subject::Attribute& attribute : subject_.attributes) {
      note(attribute.oid);
      note(attribute.short_name);
    }
    return names.first(count);
  }

 private:
  const Subject& subject_;
};

// The attribute behind a property of a principal: mostly of the same name.
std::string_view attribute_of(std::string_view property) {
  if (property == "emailAddress") return "E";
  if (property == "dnQualifier") return "2.5.4.46";  // "DN"
  if (property == "dmdName") return "2.5.4.54";      // has no short name
  return property;
}

// `subject` is null without TLS or without a certificate.
Value principal_value(const Subject* subject, std::string_view name) {
  if (name == "defined") return Value::boolean(subject != nullptr);
  // compat: Variables.OfTlsWithoutACertificate. Nobody's properties are empty texts, not null.
  if (!subject) return Value::text("");
  if (name == "dn") return Value::text(subject->dn);
  Value found = first_value(*subject, attribute_of(name));
  return found.is_absent() ? Value::null() : found;
}

Value attributes_of(const Subject* subject, Arena& into) {
  static const Subject nobody;
  void* memory = into.take(sizeof(AttributesOfSubject), alignof(AttributesOfSubject));
  return Value::object(*new (memory) AttributesOfSubject(subject ? *subject : nobody));
}

}  // namespace

Value Exchange::read_tls(const Reference& reference, Arena& into) const {
  const bool of_client = reference.access <= Access::ssl_client_attribute_first;
  auto subject = [&] { return of_client ? stream.peer_subject() : stream.own_subject(); };
  switch (reference.access) {
    case Access::request_ssl:
      return Value::bean(el::Bean::request_ssl);
    case Access::ssl_client_host:
      return stream.tls().secured ? Value::text(into.copy(stream.remote().ip())) : Value::null();
    case Access::ssl_client_port:
      return stream.tls().secured ? Value::integer(stream.remote().port()) : Value::null();
    case Access::ssl_client:
      return Value::bean(el::Bean::ssl_client);
    case Access::ssl_server:
      return Value::bean(el::Bean::ssl_server);
    case Access::ssl_client_value:
    case Access::ssl_server_value:
      return principal_value(subject(), reference.name);
    case Access::ssl_client_attributes:
    case Access::ssl_server_attributes:
      return attributes_of(subject(), into);
    case Access::ssl_client_attribute:
    case Access::ssl_server_attribute:
      return subject() ? values(*subject(), reference.name, into) : Value::absent();
    case Access::ssl_client_attribute_first:
    case Access::ssl_server_attribute_first:
      return subject() ? first_value(*subject(), reference.name) : Value::absent();
    default:
      return Value::absent();
  }
}

}  // namespace perigee::policy
