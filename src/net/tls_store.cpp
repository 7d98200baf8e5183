#include "net/tls_store.hpp"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "net/tls_derivation.hpp"
#include "net/tls_openssl.hpp"

namespace perigee::net {
namespace {

struct FreeCertificates {
  void operator()(STACK_OF(X509) * certificates) const {
    sk_X509_pop_free(certificates, X509_free);
  }
};
using OwnedPkcs12 = std::unique_ptr<PKCS12, OpensslFree<&PKCS12_free>>;
using OwnedCertificates = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

struct Content {
  OwnedKey key;            // or null
  OwnedCertificate leaf;   // of the key
  OwnedCertificates more;  // or null
};

// The first bytes of Java's own formats.
bool is_java_keystore(std::string_view bytes) {
  return bytes.starts_with("\xfe\xed\xfe\xed") || bytes.starts_with("\xce\xce\xce\xce");
}

Result<Content> parse(std::string_view bytes, const std::string& password) {
  if (is_java_keystore(bytes)) {
    return fail(ErrorCode::unsupported,
                "a Java keystore (JKS, JCEKS), which this version does not read; convert it with "
                "'keytool -importkeystore -srckeystore <file> -destkeystore <file>.p12 "
                "-deststoretype PKCS12' and set the type to pkcs12");
  }
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const OwnedPkcs12 store(d2i_PKCS12(nullptr, &at, static_cast<long>(bytes.size())));
  if (!store) {
    return fail(ErrorCode::invalid,
                "no PKCS#12 file (" + openssl_reason() + "); for PEM files set the type to pem");
  }
  TRY(check_iterations(store.get(), password));
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  STACK_OF(X509)* more = nullptr;
  if (PKCS12_parse(store.get(), password.c_str(), &key, &leaf, &more) != 1) {
    std::string reason = openssl_reason();
    return fail(ErrorCode::invalid,
                "cannot be opened (" + reason +
                    "); is the password right? A file with old encryption (RC2, 40 bits) must be "
                    "written anew, with 'openssl pkcs12 -legacy'");
  }
  return Content{OwnedKey(key), OwnedCertificate(leaf), OwnedCertificates(more)};
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

// The certificates that stand beside the key's.
void write_more(BIO* bio, const Content& content) {
  for (int i = 0; content.more && i < sk_X509_num(content.more.get()); ++i)
    PEM_write_bio_X509(bio, sk_X509_value(content.more.get(), i));
}

}  // namespace

Result<StoredPair> pkcs12_pair(std::string_view bytes, const std::string& password) {
  TRY(const Content content, parse(bytes, password));
  if (!content.key || !content.leaf)
    return fail(ErrorCode::invalid, "has no private key with its certificate");
  StoredPair stored;
  OwnedBio certificates(BIO_new(BIO_s_mem()));
  OwnedBio key(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificates.get(), content.leaf.get());
  write_more(certificates.get(), content);
  PEM_write_bio_PrivateKey(key.get(), content.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  stored.pair = {text_of(certificates.get()), text_of(key.get())};
  int bytes_of_alias = 0;
  if (const unsigned char* alias = X509_alias_get0(content.leaf.get(), &bytes_of_alias))
    stored.alias.assign(reinterpret_cast<const char*>(alias),
                        static_cast<std::size_t>(bytes_of_alias));
  return stored;
}

Result<std::string> pkcs12_certificates(std::string_view bytes, const std::string& password) {
  TRY(const Content content, parse(bytes, password));
  OwnedBio bio(BIO_new(BIO_s_mem()));
  if (content.leaf) PEM_write_bio_X509(bio.get(), content.leaf.get());
  write_more(bio.get(), content);
  return text_of(bio.get());
}

}  // namespace perigee::net
