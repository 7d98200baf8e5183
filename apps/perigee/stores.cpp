#include "apps/perigee/stores.hpp"

#include <algorithm>
#include <filesystem>

#include "config/source.hpp"
#include "net/tls_store.hpp"

namespace perigee::apps {
namespace {

using config::StoreType;

Result<std::string> read(const std::string& path, const std::string& key) {
  Result<std::string> bytes = config::read_file(path);  // an error names the path
  if (!bytes) return std::unexpected(std::move(bytes.error()).in(key));
  return bytes;
}

Result<std::vector<net::PemPair>> read_pem(const config::Keystore& store, const std::string& key) {
  std::vector<net::PemPair> pairs;
  for (std::size_t i = 0; i < store.certificates.size(); ++i) {
    const std::string element = key + ".certificates[" + std::to_string(i) + "]";
    net::PemPair pair;
    TRY(pair.certificate, read(store.certificates[i].certificate, element + ".cert"));
    TRY(pair.key, read(store.certificates[i].key, element + ".key"));
    pair.password = store.key_password.value_or("");
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

Result<std::vector<net::PemPair>> read_pkcs12(const config::Keystore& store,
                                              const std::string& key) {
  std::vector<net::PemPair> pairs;
  for (const std::string& path : store.paths) {
    TRY(const std::string bytes, read(path, key + ".path"));
    Result<net::StoredPair> stored = net::pkcs12_pair(bytes, store.password.value_or(""));
    if (!stored)
      return std::unexpected(std::move(std::move(stored.error()).in(path)).in(key + ".path"));
    bool first = !store.default_alias.empty() && stored->alias == store.default_alias;
    pairs.insert(first ? pairs.begin() : pairs.end(), std::move(stored->pair));
  }
  return pairs;
}

// Every file of the folder. Kubernetes keeps its own names there, which begin with two dots.
Result<std::string> read_folder(const std::string& path, const std::string& key) {
  std::string all;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory() || entry->path().filename().string().starts_with('.')) continue;
    TRY(const std::string pem, read(entry->path(), key));
    all.append(pem).append("\n");
  }
  if (error) return fail(ErrorCode::other, key + ": " + path + ": " + error.message());
  return all;
}

}  // namespace

Result<std::vector<net::PemPair>> read_keystore(const config::Keystore& store,
                                                const std::string& key) {
  std::vector<net::PemPair> pairs;
  if (!store.kubernetes.empty()) {
    return fail(ErrorCode::unsupported,
                key +
                    ".kubernetes: this version does not ask Kubernetes; mount the secret and "
                    "name its files");
  }
  if (store.type == StoreType::self_signed) {
    TRY(net::PemPair pair, net::self_signed("localhost"));
    pairs.push_back(std::move(pair));
  } else if (store.type == StoreType::pem) {
    TRY(pairs, read_pem(store, key));
  } else {
    // As in Java, where a file of type jks may hold PKCS#12 and the other way round.
    TRY(pairs, read_pkcs12(store, key));
  }
  if (pairs.empty()) {
    return fail(ErrorCode::invalid,
                key + (store.type == StoreType::pem ? ".certificates[0].cert" : ".path") +
                    ": a certificate and its key are needed");
  }
  return pairs;
}

Result<std::string> read_truststore(const config::Truststore& store, const std::string& key) {
  if (store.type == StoreType::pem_folder) return read_folder(store.path, key + ".path");
  TRY(std::string bytes, read(store.path, key + ".path"));
  if (store.type == StoreType::pem) return bytes;
  Result<std::string> pem = net::pkcs12_certificates(bytes, store.password.value_or(""));
  if (!pem)
    return std::unexpected(std::move(std::move(pem.error()).in(store.path)).in(key + ".path"));
  return pem;
}

std::vector<std::string> watched_files(const config::ServerTls& tls) {
  std::vector<std::string> files;
  if (tls.keystore.watch) {
    files = tls.keystore.paths;
    for (const config::CertificateFiles& pair : tls.keystore.certificates) {
      files.push_back(pair.certificate);
      files.push_back(pair.key);
    }
  }
  if (tls.truststore.watch && !tls.truststore.path.empty()) files.push_back(tls.truststore.path);
  return files;
}

}  // namespace perigee::apps
