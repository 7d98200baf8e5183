#include "net/tls_store.hpp"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/base64.hpp"
#include "net/tls_openssl.hpp"

namespace perigee::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Made {
  PemPair pair;
  std::string bytes;  // PKCS#12
};

std::string pkcs12_of(EVP_PKEY* key, X509* leaf, STACK_OF(X509) * more, const char* password,
                      int iterations) {
  PKCS12* store =
      PKCS12_create(password, "the alias", key, leaf, more, 0, 0, iterations, iterations, 0);
  unsigned char* bytes = nullptr;
  int size = i2d_PKCS12(store, &bytes);
  std::string text(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  PKCS12_free(store);
  return text;
}

// A key with its certificate, and another certificate beside it.
Made made(const char* password, bool with_key = true, int iterations = 1000) {
  Made result{*self_signed("a.example"), {}};
  Credentials own = *parse_credentials(result.pair);
  Credentials other = *parse_credentials(*self_signed("b.example"));
  STACK_OF(X509)* more = sk_X509_new_null();
  if (!with_key) sk_X509_push(more, own.leaf.get());
  sk_X509_push(more, other.leaf.get());
  result.bytes = pkcs12_of(with_key ? own.key.get() : nullptr, with_key ? own.leaf.get() : nullptr,
                           more, password, iterations);
  sk_X509_free(more);
  return result;
}

std::size_t certificates(const std::string& pem) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = pem.find("BEGIN CERTIFICATE", at)) != pem.npos; ++at) ++count;
  return count;
}

TEST(Pkcs12, GivesKeyChainAndAlias) {
  for (const char* password : {"secret", ""}) {
    Made store = made(password);
    Result<StoredPair> read = pkcs12_pair(store.bytes, password);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_THAT(read->pair.certificate, StartsWith(store.pair.certificate));
    EXPECT_EQ(certificates(read->pair.certificate), 2u);
    EXPECT_EQ(read->alias, "the alias");
    TlsServerContext::Options options{.certificates = {read->pair}};
    EXPECT_TRUE(TlsServerContext::make(std::move(options)));
  }
}

// Half an hour, at the most that can be written; nobody else's definition would be looked at.
TEST(Pkcs12, IsNotOpenedWhenItsPasswordTakesTooLong) {
  const std::string usual("\x02\x03\x01\x00\x00", 5), many("\x02\x03\x7f\xff\xff", 5);
  const Made store = made("secret", true, 0x10000);
  ASSERT_TRUE(pkcs12_pair(store.bytes, "secret"));
  std::size_t places = 0;
  for (std::size_t at = 0; (at = store.bytes.find(usual, at)) != std::string::npos; ++at) {
    std::string bytes = store.bytes;
    bytes.replace(at, many.size(), many);
    Result<StoredPair> read = pkcs12_pair(bytes, "secret");
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("more than 1000000 iterations"));
    ++places;
  }
  EXPECT_EQ(places, 3u);  // for the whole, the certificates and the key
}

TEST(Pkcs12, AnEncryptedPemKeyIsNotReadEither) {
  PemPair pair = *self_signed("a.example");
  Credentials own = *parse_credentials(pair);
  std::unique_ptr<PKCS8_PRIV_KEY_INFO, OpensslFree<&PKCS8_PRIV_KEY_INFO_free>> plain(
      EVP_PKEY2PKCS8(own.key.get()));
  std::unique_ptr<X509_SIG, OpensslFree<&X509_SIG_free>> encrypted(
      PKCS8_encrypt(-1, EVP_aes_256_cbc(), "secret", 6, nullptr, 0, 0x10000, plain.get()));
  unsigned char* bytes = nullptr;
  int size = i2d_X509_SIG(encrypted.get(), &bytes);
  std::string text(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  pair.password = "secret";
  auto with = [&](std::string_view iterations) {
    std::string changed = text;
    changed.replace(changed.find(std::string("\x02\x03\x01\x00\x00", 5)), 5, iterations);
    pair.key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
    std::string coded = encode_base64(changed);
    for (std::size_t at = 0; at < coded.size(); at += 64) pair.key += coded.substr(at, 64) + "\n";
    pair.key += "-----END ENCRYPTED PRIVATE KEY-----\n";
    return parse_credentials(pair);
  };
  EXPECT_TRUE(with(std::string("\x02\x03\x01\x00\x00", 5)));
  Result<Credentials> read = with(std::string("\x02\x03\x7f\xff\xff", 5));
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("more than 1000000 iterations"));
}

TEST(Pkcs12, GivesTheCertificatesOfATrustStore) {
  Made store = made("secret", false);
  EXPECT_EQ(certificates(*pkcs12_certificates(store.bytes, "secret")), 2u);
  EXPECT_THAT(pkcs12_pair(store.bytes, "secret").error().message, HasSubstr("no private key"));
}

TEST(Pkcs12, SaysWhyAFileIsRefused) {
  std::string good = made("secret").bytes;
  auto refusal = [](std::string_view bytes, const std::string& password) {
    Result<StoredPair> read = pkcs12_pair(bytes, password);
    return read ? "accepted" : read.error().message;
  };
  EXPECT_THAT(refusal(good, "wrong"), HasSubstr("is the password right?"));
  EXPECT_THAT(refusal("-----BEGIN CERTIFICATE-----", ""), HasSubstr("set the type to pem"));
  EXPECT_THAT(refusal("", ""), HasSubstr("no PKCS#12 file"));
  EXPECT_THAT(refusal(std::string_view(good).substr(0, good.size() / 2), "secret"),
              HasSubstr("no PKCS#12 file"));
  EXPECT_THAT(refusal("\xfe\xed\xfe\xed rest", ""),
              HasSubstr("keytool -importkeystore -srckeystore"));
  std::string damaged = good;
  damaged[good.size() / 2] ^= 1;
  EXPECT_THAT(refusal(damaged, "secret"), HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace perigee::net
