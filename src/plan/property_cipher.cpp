#include "plan/property_cipher.hpp"

#include <openssl/evp.h>

#include <memory>
#include <vector>

namespace perigee::plan {
namespace {

using Bytes = std::vector<unsigned char>;

Result<Bytes> decoded(std::string_view text) {
  Bytes bytes(text.size() / 4 * 3 + 3);
  int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()));
  if (size < 0 || text.size() % 4 != 0) return fail(ErrorCode::invalid, "it is not base64");
  for (std::size_t back = 1; back <= 2 && back < text.size(); ++back) {
    if (text[text.size() - back] == '=') --size;  // counted as a zero byte
  }
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

const EVP_CIPHER* cipher_for(std::size_t key_bytes) {
  switch (key_bytes) {
    case 16:
      return EVP_aes_128_ecb();
    case 24:
      return EVP_aes_192_ecb();
    case 32:
      return EVP_aes_256_ecb();
    default:
      return nullptr;
  }
}

}  // namespace

Result<std::string> decrypt_property(std::string_view value, std::string_view secret) {
  constexpr std::size_t kValueBytesMax = 1 << 20;
  if (value.size() > kValueBytesMax) return fail(ErrorCode::limit, "it is longer than 1 MiB");
  const EVP_CIPHER* cipher = cipher_for(secret.size());
  if (!cipher) {
    return fail(ErrorCode::invalid, "api.properties.encryption.secret has " +
                                        std::to_string(secret.size()) +
                                        " bytes, expected 16, 24 or 32");
  }
  TRY(Bytes bytes, decoded(value));
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                          &EVP_CIPHER_CTX_free);
  Bytes plain(bytes.size() + 16);
  int first = 0, last = 0;
  bool opened =
      context &&
      EVP_DecryptInit_ex(context.get(), cipher, nullptr,
                         reinterpret_cast<const unsigned char*>(secret.data()), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), plain.data(), &first, bytes.data(),
                        static_cast<int>(bytes.size())) == 1 &&
      EVP_DecryptFinal_ex(context.get(), plain.data() + first, &last) == 1;
  if (!opened)
    return fail(ErrorCode::invalid,
                "it was not encrypted with the secret api.properties.encryption.secret");
  return std::string(reinterpret_cast<const char*>(plain.data()),
                     static_cast<std::size_t>(first + last));
}

}  // namespace perigee::plan
