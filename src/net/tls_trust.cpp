#include <fmt/format.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <sstream>

#include "base/file.hpp"
#include "net/tls_openssl.hpp"

namespace perigee::net {

namespace {

namespace fs = std::filesystem;

// Where Debian, Red Hat and Alpine keep theirs.
constexpr const char* kBundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

constexpr std::size_t kTrustFileBytesMax = 16 << 20;  // those of systems have a few 100 KB
constexpr std::size_t kProblemBytesMax = 1000;

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

// What cannot be read has no certificates; `problems` says so for when there are none at all.
void add_file(TrustStore& trust, const std::string& path, std::string& problems) {
  if (Result<std::string> text = read_file(path, kTrustFileBytesMax)) {
    static_cast<void>(add_pem(trust, *text, Broken::skipped));
  } else if (problems.size() < kProblemBytesMax) {
    problems += fmt::format("; {} {}", path, text.error().message);
  }
}

void add_folder(TrustStore& trust, const fs::path& folder, std::string& problems) {
  std::error_code ignored;  // an unreadable folder has no certificates
  for (const auto& file : fs::directory_iterator(folder, ignored)) {
    if (file.is_regular_file(ignored)) add_file(trust, file.path(), problems);
  }
}

// Where the system's certificates are, by the environment of now.
struct Sources {
  std::vector<std::string> files, folders;
  bool first_suffices = false;

  std::string tried() const { return fmt::format("{}", fmt::join(all(), ", ")); }
  bool exist() const {
    std::error_code ignored;  // what cannot be seen is not there
    return std::ranges::any_of(all(),
                               [&](const std::string& path) { return fs::exists(path, ignored); });
  }

 private:
  std::vector<std::string> all() const {
    std::vector<std::string> paths = files;
    paths.insert(paths.end(), folders.begin(), folders.end());
    return paths;
  }
};

Sources system_sources() {
  Sources sources;
  if (const char* file = std::getenv("SSL_CERT_FILE")) sources.files.emplace_back(file);
  if (const char* folders = std::getenv("SSL_CERT_DIR")) {
    std::istringstream list(folders);
    for (std::string folder; std::getline(list, folder, ':');) sources.folders.push_back(folder);
  }
  if (sources.files.empty() && sources.folders.empty()) {
    sources.files.assign(std::begin(kBundles), std::end(kBundles));
    sources.first_suffices = true;
  }
  return sources;
}

std::unexpected<Error> nothing_found(const Sources& sources, const std::string& problems = {}) {
  return fail(ErrorCode::not_found,
              fmt::format("no CA certificate of the system found in {}{}; install ca-certificates "
                          "or set SSL_CERT_FILE",
                          sources.tried(), problems));
}

Result<void> read_system(TrustStore& trust, const Sources& sources) {
  std::string problems;
  for (const std::string& file : sources.files) {
    add_file(trust, file, problems);
    if (sources.first_suffices && trust.certificates > 0) break;
  }
  for (const std::string& folder : sources.folders) add_folder(trust, folder, problems);
  if (trust.certificates == 0) return nothing_found(sources, problems);
  return {};
}

using Counter = std::shared_ptr<std::atomic<std::size_t>>;

Result<TrustStores::Ptr> system_when_needed(const Counter& parsed) {
  Sources sources = system_sources();
  if (!sources.exist()) return nothing_found(sources);
  std::shared_ptr<TrustStore> trust = empty_store();
  trust->fingerprint = "system";
  trust->reader = std::make_unique<TrustReader>([store = trust.get(), sources, parsed] {
    ++*parsed;
    return read_system(*store, sources);
  });
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

// One who waits, in the frame of his flow: he may be gone when the reading ends, but not with his
// reactor before he has told.
class TrustReader::Waiting {
 public:
  Waiting(TrustReader& reader, Reactor& reactor) : reader_(reader), reactor_(reactor) {
    std::lock_guard lock(reader_.mutex_);
    if (reader_.done_) {
      done_.complete(reader_.result_);
      return;
    }
    reader_.waiting_.push_back(this);
    if (!reader_.thread_.joinable()) reader_.thread_ = std::thread([&reader] { reader.run(); });
  }
  ~Waiting() {
    *slot_ = nullptr;
    std::lock_guard lock(reader_.mutex_);
    std::erase(reader_.waiting_, this);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  Completion<Result<void>>& done() { return done_; }
  // On the reading thread. A full mailbox leaves him to his deadline.
  void tell(const Result<void>& result) {
    static_cast<void>(reactor_.post([slot = slot_, result] {
      if (*slot) (*slot)->complete(result);
    }));
  }

 private:
  TrustReader& reader_;
  Reactor& reactor_;
  Completion<Result<void>> done_;
  std::shared_ptr<Completion<Result<void>>*> slot_ =
      std::make_shared<Completion<Result<void>>*>(&done_);
};

TrustReader::~TrustReader() {
  if (thread_.joinable()) thread_.join();
}

Async<Result<void>> TrustReader::ready(Reactor& reactor) {
  if (done_.load(std::memory_order_acquire)) return result_;
  return wait(reactor);
}

Async<Result<void>> TrustReader::wait(Reactor& reactor) {
  Waiting waiting(*this, reactor);
  co_return co_await waiting.done();
}

void TrustReader::run() {
  Result<void> result = read_();
  std::lock_guard lock(mutex_);
  result_ = std::move(result);
  done_.store(true, std::memory_order_release);
  for (Waiting* waiting : waiting_) waiting->tell(result_);
}

struct TrustStores::Impl {
  mutable std::mutex mutex;  // held while parsing: whoever wants the same source waits for it
  Ptr system;
  std::map<std::string, std::weak_ptr<const TrustStore>> by_text;  // by SHA-256
  Counter parsed = std::make_shared<std::atomic<std::size_t>>(0);
};

TrustStores::TrustStores() : impl_(std::make_unique<Impl>()) {}
TrustStores::~TrustStores() = default;

Result<TrustStores::Ptr> TrustStores::system() {
  std::lock_guard lock(impl_->mutex);
  if (!impl_->system) {
    TRY(impl_->system, system_when_needed(impl_->parsed));
  }
  return impl_->system;
}

Result<TrustStores::Ptr> TrustStores::pem(std::string_view pem_text) {
  std::string fingerprint = sha256_hex(pem_text);
  std::lock_guard lock(impl_->mutex);
  if (Ptr known = impl_->by_text[fingerprint].lock()) return known;
  std::erase_if(impl_->by_text, [](const auto& entry) { return entry.second.expired(); });
  ++*impl_->parsed;
  TRY(Ptr trust, load_pem(pem_text, fingerprint));
  impl_->by_text[fingerprint] = trust;
  return trust;
}

std::size_t TrustStores::parsed() const { return *impl_->parsed; }

}  // namespace perigee::net
