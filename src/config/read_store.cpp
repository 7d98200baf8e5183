#include "config/read_store.hpp"

namespace perigee::config {

void read_keystore(const Reader& reader, const std::string& block, Keystore& store) {
  reader.read_choice<StoreType>(block + "type", store.type,
                                {{"jks", StoreType::jks},
                                 {"pem", StoreType::pem},
                                 {"pkcs12", StoreType::pkcs12},
                                 {"self-signed", StoreType::self_signed}});
  reader.read(block + "path", store.paths);
  reader.read(block + "password", store.password);
  reader.read(block + "kubernetes", store.kubernetes);
  reader.read(block + "watch", store.watch);
  reader.read(block + "defaultAlias", store.default_alias);
  for (std::size_t i = 0;; ++i) {
    const std::string element = block + "certificates[" + std::to_string(i) + "].";
    if (!reader.has(element + "cert") && !reader.has(element + "key")) break;
    CertificateFiles& files = store.certificates.emplace_back();
    reader.read(element + "cert", files.certificate);
    reader.read(element + "key", files.key);
  }
}

void read_truststore(const Reader& reader, const std::string& block, Truststore& store) {
  reader.read_choice<StoreType>(block + "type", store.type,
                                {{"jks", StoreType::jks},
                                 {"pem", StoreType::pem},
                                 {"pkcs12", StoreType::pkcs12},
                                 {"pem-folder", StoreType::pem_folder}});
  reader.read(block + "path", store.path);
  reader.read(block + "password", store.password);
  reader.read(block + "watch", store.watch);
}

}  // namespace perigee::config
