#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <array>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>

#include "net/tls_openssl.hpp"

namespace perigee::net {

namespace {

constexpr std::size_t kNameBytes = 16;  // fixed by RFC 5077's recommended form
constexpr int kRotationsKept = 2;       // the newest key makes tickets, the one before opens some
constexpr int kTicketIsRefused = 0, kTicketIsGood = 1, kTicketIsOld = 2, kTicketFailed = -1;

}  // namespace

class TicketKeys {
 public:
  struct Key {
    std::array<unsigned char, kNameBytes> name;
    std::array<unsigned char, 32> cipher, mac;
    Instant made;
  };
  struct Found {
    Key key;
    bool newest;
  };

  explicit TicketKeys(Duration rotation) : rotation_(rotation) {}

  std::optional<Key> newest(Instant now) {
    std::lock_guard lock(mutex_);
    if (keys_.empty() || now - keys_.front().made >= rotation_) {
      if (!renew(now)) return std::nullopt;
    }
    return keys_.front();
  }

  std::optional<Found> find(const unsigned char* name, Instant now) {
    std::lock_guard lock(mutex_);
    for (const Key& key : keys_) {
      if (std::memcmp(key.name.data(), name, kNameBytes) != 0) continue;
      if (now - key.made >= rotation_ * kRotationsKept) return std::nullopt;
      return Found{key, &key == &keys_.front() && now - key.made < rotation_};
    }
    return std::nullopt;
  }

  Duration rotation() const { return rotation_; }

 private:
  bool renew(Instant now) {
    Key key;
    key.made = now;
    if (RAND_bytes(key.name.data(), kNameBytes) != 1 ||
        RAND_bytes(key.cipher.data(), key.cipher.size()) != 1 ||
        RAND_bytes(key.mac.data(), key.mac.size()) != 1) {
      return false;
    }
    keys_.push_front(key);
    if (keys_.size() > kRotationsKept) keys_.pop_back();
    return true;
  }

  Duration rotation_;
  std::mutex mutex_;  // once per handshake, never per request
  std::deque<Key> keys_;
};

std::shared_ptr<TicketKeys> make_ticket_keys(Duration rotation) {
  return std::make_shared<TicketKeys>(rotation);
}

std::shared_ptr<TicketKeys> process_ticket_keys() {
  static const std::shared_ptr<TicketKeys> keys = make_ticket_keys();
  return keys;
}

namespace {

bool set_mac_key(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM settings[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, settings) == 1;
}

int seal(TicketKeys& keys, Instant now, unsigned char* name, unsigned char* iv,
         EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  auto key = keys.newest(now);
  if (!key || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) {
    return kTicketFailed;
  }
  std::memcpy(name, key->name.data(), kNameBytes);
  bool ready = EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1;
  return ready && set_mac_key(mac, *key) ? kTicketIsGood : kTicketFailed;
}

int open(TicketKeys& keys, Instant now, bool single_use, unsigned char* name, unsigned char* iv,
         EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  auto found = keys.find(name, now);
  if (!found) return kTicketIsRefused;
  bool ready =
      EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found->key.cipher.data(), iv) == 1;
  if (!ready || !set_mac_key(mac, found->key)) return kTicketFailed;
  return found->newest && !single_use ? kTicketIsGood : kTicketIsOld;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int sealing) {
  const auto& connection = *static_cast<const TlsConnection*>(SSL_get_app_data(ssl));
  TicketKeys& keys = *connection.server->ticket_keys;
  Instant now = connection.reactor->now();
  if (sealing) return seal(keys, now, name, iv, cipher, mac);
  // RFC 8446 appendix C.4: clients use a ticket once, so that each needs a new one.
  return open(keys, now, SSL_version(ssl) == TLS1_3_VERSION, name, iv, cipher, mac);
}

}  // namespace

void use_ticket_keys(SSL_CTX* context, const TicketKeys& keys) {
  auto lifetime =
      std::chrono::duration_cast<std::chrono::seconds>(keys.rotation() * kRotationsKept);
  SSL_CTX_set_timeout(context, lifetime.count());
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &on_ticket);
}

}  // namespace perigee::net
