// Subjects as Java and Bouncy Castle write them, since that is what users compare with.
#include <array>
#include <utility>

#include "base/hex.hpp"
#include "net/certificate_subject.hpp"
#include "net/tls_openssl.hpp"

namespace perigee::net {

namespace {

using Attribute = CertificateSubject::Attribute;

struct Known {
  std::string_view oid, short_name;
  bool in_dn = false;  // dn has its name; of others the OID and the encoded value
};
constexpr std::array<Known, 35> kKnown = {{
    {"2.5.4.3", "CN", true},
    {"2.5.4.6", "C", true},
    {"2.5.4.7", "L", true},
    {"2.5.4.8", "ST", true},
    {"2.5.4.9", "STREET", true},
    {"2.5.4.10", "O", true},
    {"2.5.4.11", "OU", true},
    {"0.9.2342.19200300.100.1.25", "DC", true},
    {"0.9.2342.19200300.100.1.1", "UID", true},
    {"1.2.840.113549.1.9.1", "E"},
    {"1.2.840.113549.1.9.2", "unstructuredName"},
    {"1.2.840.113549.1.9.8", "unstructuredAddress"},
    {"2.5.4.4", "SURNAME"},
    {"2.5.4.5", "SERIALNUMBER"},
    {"2.5.4.12", "T"},
    {"2.5.4.13", "Description"},
    {"2.5.4.15", "BusinessCategory"},
    {"2.5.4.16", "PostalAddress"},
    {"2.5.4.17", "PostalCode"},
    {"2.5.4.20", "TelephoneNumber"},
    {"2.5.4.41", "Name"},
    {"2.5.4.42", "GIVENNAME"},
    {"2.5.4.43", "INITIALS"},
    {"2.5.4.44", "GENERATION"},
    {"2.5.4.45", "UniqueIdentifier"},
    {"2.5.4.46", "DN"},
    {"2.5.4.65", "Pseudonym"},
    {"2.5.4.72", "Role"},
    {"2.5.4.97", "organizationIdentifier"},
    {"1.3.6.1.5.5.7.9.1", "DateOfBirth"},
    {"1.3.6.1.5.5.7.9.2", "PlaceOfBirth"},
    {"1.3.6.1.5.5.7.9.3", "Gender"},
    {"1.3.6.1.5.5.7.9.4", "CountryOfCitizenship"},
    {"1.3.6.1.5.5.7.9.5", "CountryOfResidence"},
    {"1.3.36.8.3.14", "NameAtBirth"},
}};

Known known_as(std::string_view oid) {
  for (const Known& known : kKnown) {
    if (known.oid == oid) return known;
  }
  return {oid, ""};
}

std::string oid_of(const ASN1_OBJECT* object) {
  std::array<char, 128> room{};
  const int size = OBJ_obj2txt(room.data(), room.size(), object, 1);
  if (size < static_cast<int>(room.size())) return room.data();
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  OBJ_obj2txt(text.data(), size + 1, object, 1);
  text.pop_back();
  return text;
}

// "#" and the value's DER in hexadecimal digits.
std::string encoded(const ASN1_STRING* value) {
  using OwnedType = std::unique_ptr<ASN1_TYPE, OpensslFree<&ASN1_TYPE_free>>;
  std::string text = "#";
  const OwnedType any(ASN1_TYPE_new());
  unsigned char* bytes = nullptr;
  if (!any || ASN1_TYPE_set1(any.get(), ASN1_STRING_type(value), value) != 1) return text;
  const int size = i2d_ASN1_TYPE(any.get(), &bytes);
  for (int i = 0; i < size; ++i) append_hex(text, bytes[i]);
  OPENSSL_free(bytes);
  return text;
}

// The value as UTF-8; what is no text is encoded() and needs no escapes.
std::string text_of(const ASN1_STRING* value, bool& is_text) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, value);
  is_text = size >= 0;
  if (!is_text) {
    ERR_clear_error();
    return encoded(value);
  }
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

// What would separate attributes gets a '\' before it, and so do blanks at the ends. In a DN also
// every '#' (else a leading one), carriage returns at the ends, and NUL, which becomes "\00".
std::string escaped(std::string_view text, bool in_dn) {
  const std::string_view blanks = in_dn ? " \r" : " ";
  const std::size_t lead = std::min(text.find_first_not_of(blanks), text.size());
  const std::size_t end = text.find_last_not_of(blanks) + 1;  // npos + 1 = 0
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_dn && c == '\0') {
      result += "\\00";
      continue;
    }
    const bool special = std::string_view(",+\"\\<>;=").contains(c);
    if (special || (c == '#' && (in_dn || i == 0)) || i < lead || i >= end) result += '\\';
    result += c;
  }
  return result;
}

void add(CertificateSubject& subject, std::string_view separator, const X509_NAME_ENTRY* entry) {
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  std::string oid = oid_of(X509_NAME_ENTRY_get_object(entry));
  const Known known = known_as(oid);
  bool is_text = false;
  const std::string text = text_of(value, is_text);
  subject.dn.append(subject.dn.empty() ? "" : separator);
  subject.dn.append(known.in_dn ? known.short_name : std::string_view(oid)).append("=");
  subject.dn.append(!known.in_dn ? encoded(value) : is_text ? escaped(text, true) : text);
  // compat: Tls.WritesSubjectsAsTheReferenceDoes. Attributes are escaped too.
  subject.attributes.push_back(
      {std::move(oid), known.short_name, is_text ? escaped(text, false) : text});
}

}  // namespace

CertificateSubject read_subject(const X509_NAME* name) {
  CertificateSubject subject;
  // From the last set of attributes to the first; those of a set in their own order.
  for (int end = X509_NAME_entry_count(name); end > 0;) {
    const int set = X509_NAME_ENTRY_set(X509_NAME_get_entry(name, end - 1));
    int begin = end;
    while (begin > 0 && X509_NAME_ENTRY_set(X509_NAME_get_entry(name, begin - 1)) == set) --begin;
    for (int i = begin; i < end; ++i)
      add(subject, i == begin ? "," : "+", X509_NAME_get_entry(name, i));
    end = begin;
  }
  return subject;
}

}  // namespace perigee::net
