#include "tests/net/support/certificates.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <memory>

#include "base/assert.hpp"

namespace perigee::net::testing {

namespace {

template <class T, void (*free_function)(T*)>
struct Free {
  void operator()(T* object) const { free_function(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, &EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509, &X509_free>>;

template <class Write>
std::string written(Write write) {
  BIO* bio = BIO_new(BIO_s_mem());
  PERIGEE_ASSERT(write(bio) == 1);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(bytes));
  BIO_free(bio);
  return text;
}

Key key_of(const PemPair& pair) {
  BIO* bio = BIO_new_mem_buf(pair.key.data(), static_cast<int>(pair.key.size()));
  Key key(PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return key;
}

Certificate certificate_of(const PemPair& pair) {
  BIO* bio = BIO_new_mem_buf(pair.certificate.data(), static_cast<int>(pair.certificate.size()));
  Certificate certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
  BIO_free(bio);
  return certificate;
}

void extend(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  PERIGEE_ASSERT(extension && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

}  // namespace

PemPair make_certificate(const CertificateOptions& options) {
  static std::atomic<long> serial{1};
  Key key(EVP_EC_gen("P-256"));
  Certificate certificate(X509_new());
  X509* it = certificate.get();
  X509_set_version(it, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(it), serial++);
  for (const NamePart& part : options.before_name) {
    const auto* value = reinterpret_cast<const unsigned char*>(part.value.data());
    PERIGEE_ASSERT(X509_NAME_add_entry_by_txt(
                       X509_get_subject_name(it), part.type.c_str(), MBSTRING_UTF8, value,
                       static_cast<int>(part.value.size()), -1, part.beside ? -1 : 0) == 1);
  }
  X509_NAME_add_entry_by_txt(X509_get_subject_name(it), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(options.common_name.data()),
                             static_cast<int>(options.common_name.size()), -1, 0);
  ASN1_TIME_set_string_X509(X509_getm_notBefore(it), options.not_before.c_str());
  ASN1_TIME_set_string_X509(X509_getm_notAfter(it), options.not_after.c_str());
  X509_set_pubkey(it, key.get());
  extend(it, NID_basic_constraints, options.is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  if (!options.names.empty()) {
    extend(it, NID_subject_alt_name, fmt::format("{}", fmt::join(options.names, ",")));
  }
  Key issuer_key;
  if (options.issuer) {
    issuer_key = key_of(*options.issuer);
    X509_set_issuer_name(it, X509_get_subject_name(certificate_of(*options.issuer).get()));
  } else {
    X509_set_issuer_name(it, X509_get_subject_name(it));
  }
  PERIGEE_ASSERT(X509_sign(it, issuer_key ? issuer_key.get() : key.get(), EVP_sha256()) > 0);
  return {written([&](BIO* bio) { return PEM_write_bio_X509(bio, it); }),
          written([&](BIO* bio) {
            return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr,
                                                 nullptr);
          }),
          {}};
}

std::string encrypted_key(const PemPair& pair, const std::string& password) {
  Key key = key_of(pair);
  return written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_256_cbc(), password.data(),
                                         static_cast<int>(password.size()), nullptr, nullptr);
  });
}

std::string pkcs12(const PemPair& pair, const std::string& password, bool with_key) {
  Key key = with_key ? key_of(pair) : nullptr;
  Certificate leaf = certificate_of(pair);
  STACK_OF(X509)* more = with_key ? nullptr : sk_X509_new_null();
  if (more) sk_X509_push(more, leaf.get());
  PKCS12* store = PKCS12_create(password.c_str(), "the alias", key.get(),
                                with_key ? leaf.get() : nullptr, more, 0, 0, 1000, 1000, 0);
  sk_X509_free(more);
  unsigned char* bytes = nullptr;
  const int size = i2d_PKCS12(store, &bytes);
  std::string text(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  PKCS12_free(store);
  return text;
}

}  // namespace perigee::net::testing
