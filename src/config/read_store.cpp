#include "config/read_store.hpp"

namespace perigee::config {

void read_keystore(const Reader& reader, Keystore& store) {
  reader.read_choice<StoreType>("ssl.keystore.type", store.type,
                                {{"jks", StoreType::jks},
                                 {"pem", StoreType::pem},
                                 {"pkcs12", StoreType::pkcs12},
                                 {"self-signed", StoreType::self_signed}});
  reader.read("ssl.keystore.path", store.paths);
  reader.read("ssl.keystore.password", store.password);
  reader.read("ssl.keystore.kubernetes", store.kubernetes);
  reader.read("ssl.keystore.watch", store.watch);
  reader.read("ssl.keystore.defaultAlias", store.default_alias);
  for (std::size_t i = 0;; ++i) {
    const std::string element = "ssl.keystore.certificates[" + std::to_string(i) + "].";
    if (!reader.has(element + "cert") && !reader.has(element + "key")) break;
    CertificateFiles& files = store.certificates.emplace_back();
    reader.read(element + "cert", files.certificate);
    reader.read(element + "key", files.key);
  }
}

void read_truststore(const Reader& reader, Truststore& store) {
  reader.read_choice<StoreType>("ssl.truststore.type", store.type,
                                {{"jks", StoreType::jks},
                                 {"pem", StoreType::pem},
                                 {"pkcs12", StoreType::pkcs12},
                                 {"pem-folder", StoreType::pem_folder}});
  reader.read("ssl.truststore.path", store.path);
  reader.read("ssl.truststore.password", store.password);
  reader.read("ssl.truststore.watch", store.watch);
}

}  // namespace perigee::config
