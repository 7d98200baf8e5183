#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "net/address.hpp"
#include "net/tls_derivation.hpp"
#include "net/tls_openssl.hpp"

namespace perigee::net {

namespace {

constexpr int kRsaBits = 2048;
constexpr long kSelfSignedSeconds = 10L * 365 * 24 * 3600;

// Without a callback OpenSSL would ask on the terminal.
int give_password(char* to, int room, int, void* password_pointer) {
  const auto& password = *static_cast<const std::string*>(password_pointer);
  if (password.empty() || password.size() > static_cast<std::size_t>(room)) return 0;
  std::ranges::copy(password, to);
  return static_cast<int>(password.size());
}

std::unexpected<Error> invalid(std::string_view what) {
  return fail(ErrorCode::invalid, fmt::format("{}: {}", what, openssl_reason()));
}

Result<std::vector<OwnedCertificate>> parse_chain(std::string_view text) {
  std::vector<OwnedCertificate> chain;
  OwnedBio bio = bio_of(text);
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(certificate);
  }
  if (chain.empty()) {
    return invalid("no certificate found; expected PEM text with \"-----BEGIN CERTIFICATE-----\"");
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return invalid(fmt::format("certificate {} of the chain is broken", chain.size() + 1));
  }
  ERR_clear_error();
  return chain;
}

// Of a key that is encrypted as PKCS#8; the older form has one iteration.
Result<void> check_encrypted_key(std::string_view text) {
  using OwnedEncrypted = std::unique_ptr<X509_SIG, OpensslFree<&X509_SIG_free>>;
  if (!text.contains("BEGIN ENCRYPTED PRIVATE KEY")) return {};
  OwnedBio bio = bio_of(text);
  OwnedEncrypted encrypted(PEM_read_bio_PKCS8(bio.get(), nullptr, nullptr, nullptr));
  if (!encrypted) return {};  // whoever reads the key says why
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(encrypted.get(), &algorithm, nullptr);
  return check_iterations(algorithm);
}

Result<OwnedKey> parse_key(const PemPair& pem) {
  TRY(check_encrypted_key(pem.key.empty() ? pem.certificate : pem.key));
  OwnedBio bio = bio_of(pem.key.empty() ? pem.certificate : pem.key);
  ERR_clear_error();
  OwnedKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_password,
                                       const_cast<std::string*>(&pem.password)));
  if (key) return key;
  std::string_view text = pem.key.empty() ? pem.certificate : pem.key;
  if (pem.password.empty() && text.contains("ENCRYPTED")) {
    ERR_clear_error();
    return fail(ErrorCode::invalid, "the private key is encrypted and no password is given");
  }
  return invalid("no usable private key; expected PEM text with \"-----BEGIN PRIVATE KEY-----\"");
}

std::string common_name_of(X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  const ASN1_STRING* name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
          static_cast<std::size_t>(ASN1_STRING_length(name))};
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, OpensslFree<&X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// From 2020 on, so that a peer whose clock is behind accepts it too.
bool set_validity(X509* certificate) {
  return ASN1_TIME_set_string(X509_getm_notBefore(certificate), "200101000000Z") == 1 &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kSelfSignedSeconds) != nullptr;
}

bool set_identity(X509* certificate, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  unsigned char serial[16];
  if (RAND_bytes(serial, sizeof serial) != 1) return false;
  serial[0] &= 0x7f;
  std::unique_ptr<BIGNUM, OpensslFree<&BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
  return BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

template <class T>
std::string written_by(int (*write)(BIO*, const T*), const T* object) {
  OwnedBio bio(BIO_new(BIO_s_mem()));
  write(bio.get(), object);
  char* data = nullptr;
  long bytes = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(bytes)};
}

int write_key(BIO* bio, const EVP_PKEY* key) {
  return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace

std::string openssl_reason() {
  unsigned long error = ERR_peek_error();
  const char* text = ERR_reason_error_string(error);
  ERR_clear_error();
  return text ? text : "no reason is known";
}

OwnedBio bio_of(std::string_view text) {
  return OwnedBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string subject_of(const X509* certificate) {
  if (!certificate) return {};
  OwnedBio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  long bytes = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(bytes)};
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

Result<Credentials> parse_credentials(const PemPair& pem) {
  Credentials result;
  TRY(result.chain, parse_chain(pem.certificate));
  result.leaf = std::move(result.chain.front());
  result.chain.erase(result.chain.begin());
  TRY(result.key, parse_key(pem));
  if (X509_check_private_key(result.leaf.get(), result.key.get()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::invalid,
                fmt::format("the private key does not belong to the certificate {}",
                            subject_of(result.leaf.get())));
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(result.leaf.get(), EVP_sha256(), digest, &size);
  result.fingerprint.assign(reinterpret_cast<char*>(digest), size);
  return result;
}

std::vector<std::string> dns_names(X509* certificate) {
  std::vector<std::string> names;
  std::unique_ptr<GENERAL_NAMES, OpensslFree<&GENERAL_NAMES_free>> alternatives(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; alternatives && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type != GEN_DNS) continue;
    names.push_back(ascii_lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.ia5)),
                                 static_cast<std::size_t>(ASN1_STRING_length(name->d.ia5))}));
  }
  if (names.empty()) {
    if (std::string name = common_name_of(certificate); !name.empty()) {
      names.push_back(ascii_lower(name));
    }
  }
  return names;
}

Result<void> use_credentials(SSL_CTX* context, const Credentials& credentials) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate(context, credentials.leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, credentials.key.get()) != 1) {
    return invalid(fmt::format("certificate {} is not usable", subject_of(credentials.leaf.get())));
  }
  for (const OwnedCertificate& issuer : credentials.chain) {
    if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1) {
      return invalid(fmt::format("chain certificate {} is not usable", subject_of(issuer.get())));
    }
  }
  return {};
}

Result<PemPair> self_signed(std::string_view common_name) {
  std::string name(common_name);
  OwnedKey key(EVP_RSA_gen(kRsaBits));
  OwnedCertificate certificate(X509_new());
  std::string alternative = (Address::literal(name, 0) ? "IP:" : "DNS:") + name;
  bool made = key && certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
              set_identity(certificate.get(), name) && set_validity(certificate.get()) &&
              X509_set_pubkey(certificate.get(), key.get()) == 1 &&
              add_extension(certificate.get(), NID_subject_alt_name, alternative) &&
              add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE") &&
              X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0;
  if (!made) return invalid(fmt::format("no self-signed certificate for \"{}\"", name));
  return PemPair{written_by(&PEM_write_bio_X509, static_cast<const X509*>(certificate.get())),
                 written_by(&write_key, static_cast<const EVP_PKEY*>(key.get())),
                 {}};
}

}  // namespace perigee::net
