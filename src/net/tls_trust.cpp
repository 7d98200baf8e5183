#include <fmt/format.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "net/tls_openssl.hpp"

namespace perigee::net {

namespace {

namespace fs = std::filesystem;

// Where Debian, Red Hat and Alpine keep theirs.
constexpr const char* kBundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

enum class Broken : std::uint8_t { refused, skipped };

std::shared_ptr<TrustStore> empty_store() {
  auto trust = std::make_shared<TrustStore>();
  trust->store.reset(X509_STORE_new());
  // compat: for Java every certificate of a trust store is an anchor, not only self-signed ones
  // (TlsVerify.AnIntermediateIsAnAnchor).
  X509_STORE_set_flags(trust->store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return trust;
}

Result<void> add_pem(TrustStore& trust, std::string_view text, Broken broken) {
  OwnedBio bio = bio_of(text);
  for (std::size_t block = 1;; ++block) {
    ERR_clear_error();
    OwnedCertificate certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (certificate) {
      X509_STORE_add_cert(trust.store.get(), certificate.get());
      ++trust.certificates;
      continue;
    }
    bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    std::string reason = openssl_reason();
    if (ended) return {};
    if (broken == Broken::refused) {
      return fail(ErrorCode::invalid,
                  fmt::format("certificate {} of the trust store is broken: {}", block, reason));
    }
  }
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

void add_folder(TrustStore& trust, const fs::path& folder) {
  std::error_code ignored;  // an unreadable folder has no certificates
  for (const auto& file : fs::directory_iterator(folder, ignored)) {
    if (file.is_regular_file(ignored)) {
      static_cast<void>(add_pem(trust, content_of(file.path()), Broken::skipped));
    }
  }
}

Result<TrustStores::Ptr> load_system() {
  auto trust = empty_store();
  trust->fingerprint = "system";
  const char* file = std::getenv("SSL_CERT_FILE");
  const char* folders = std::getenv("SSL_CERT_DIR");
  std::string tried;
  if (file) {
    tried = file;
    static_cast<void>(add_pem(*trust, content_of(file), Broken::skipped));
  }
  if (folders) {
    tried += fmt::format("{}{}", tried.empty() ? "" : ", ", folders);
    std::istringstream list(folders);
    for (std::string folder; std::getline(list, folder, ':');) add_folder(*trust, folder);
  }
  if (!file && !folders) {
    for (const char* bundle : kBundles) {
      tried += fmt::format("{}{}", tried.empty() ? "" : ", ", bundle);
      static_cast<void>(add_pem(*trust, content_of(bundle), Broken::skipped));
      if (trust->certificates > 0) break;
    }
  }
  if (trust->certificates == 0) {
    return fail(ErrorCode::not_found,
                fmt::format("no CA certificate of the system found in {}; install ca-certificates "
                            "or set SSL_CERT_FILE",
                            tried));
  }
  return trust;
}

Result<TrustStores::Ptr> load_pem(std::string_view text, std::string fingerprint) {
  auto trust = empty_store();
  trust->fingerprint = std::move(fingerprint);
  TRY(add_pem(*trust, text, Broken::refused));
  if (trust->certificates == 0) {
    return fail(ErrorCode::invalid,
                "the trust store has no certificate; expected PEM text with \"-----BEGIN "
                "CERTIFICATE-----\"");
  }
  return trust;
}

}  // namespace

struct TrustStores::Impl {
  mutable std::mutex mutex;  // held while parsing: whoever wants the same source waits for it
  Ptr system;
  std::map<std::string, std::weak_ptr<const TrustStore>> by_text;  // by SHA-256
  std::size_t parsed = 0;
};

TrustStores::TrustStores() : impl_(std::make_unique<Impl>()) {}
TrustStores::~TrustStores() = default;

Result<TrustStores::Ptr> TrustStores::system() {
  std::lock_guard lock(impl_->mutex);
  if (!impl_->system) {
    ++impl_->parsed;
    TRY(impl_->system, load_system());
  }
  return impl_->system;
}

Result<TrustStores::Ptr> TrustStores::pem(std::string_view pem_text) {
  std::string fingerprint = sha256_hex(pem_text);
  std::lock_guard lock(impl_->mutex);
  if (Ptr known = impl_->by_text[fingerprint].lock()) return known;
  std::erase_if(impl_->by_text, [](const auto& entry) { return entry.second.expired(); });
  ++impl_->parsed;
  TRY(Ptr trust, load_pem(pem_text, fingerprint));
  impl_->by_text[fingerprint] = trust;
  return trust;
}

std::size_t TrustStores::parsed() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->parsed;
}

}  // namespace perigee::net
