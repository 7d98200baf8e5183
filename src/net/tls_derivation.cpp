#include "net/tls_derivation.hpp"

#include <openssl/x509.h>

#include <memory>

#include "net/tls_openssl.hpp"

namespace perigee::net {
namespace {

constexpr int kNestingMax = 8;  // of bags in bags

using OwnedPbe = std::unique_ptr<PBEPARAM, OpensslFree<&PBEPARAM_free>>;
using OwnedPbe2 = std::unique_ptr<PBE2PARAM, OpensslFree<&PBE2PARAM_free>>;
using OwnedPbkdf2 = std::unique_ptr<PBKDF2PARAM, OpensslFree<&PBKDF2PARAM_free>>;

struct FreeBags {
  void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const {
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  }
};
struct FreeSafes {
  void operator()(STACK_OF(PKCS7) * safes) const { sk_PKCS7_pop_free(safes, PKCS7_free); }
};
using OwnedBags = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreeBags>;
using OwnedSafes = std::unique_ptr<STACK_OF(PKCS7), FreeSafes>;

template <class T>
T* parameter_of(const X509_ALGOR* algorithm, const ASN1_ITEM* item) {
  const ASN1_OBJECT* object = nullptr;
  const void* value = nullptr;
  int type = 0;
  X509_ALGOR_get0(&object, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE) return nullptr;
  return static_cast<T*>(ASN1_item_unpack(static_cast<const ASN1_STRING*>(value), item));
}

int id_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(object);
}

// What does not fit a number is -1 here, which OpenSSL refuses later.
Result<void> check_count(const ASN1_INTEGER* iterations) {
  std::int64_t count = 0;
  if (!iterations || ASN1_INTEGER_get_int64(&count, iterations) != 1) count = 0;
  bool is_large = iterations && (count > kIterationsMax || ASN1_STRING_length(iterations) > 8);
  if (!is_large) return {};
  return fail(ErrorCode::limit, "its password takes more than " + std::to_string(kIterationsMax) +
                                    " iterations to be looked at");
}

Result<void> check_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, int nesting) {
  if (nesting > kNestingMax) return fail(ErrorCode::limit, "its bags are nested too deep");
  for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
    const PKCS12_SAFEBAG* bag = sk_PKCS12_SAFEBAG_value(bags, i);
    if (PKCS12_SAFEBAG_get_nid(bag) == NID_pkcs8ShroudedKeyBag) {
      const X509_ALGOR* algorithm = nullptr;
      if (const X509_SIG* key = PKCS12_SAFEBAG_get0_pkcs8(bag))
        X509_SIG_get0(key, &algorithm, nullptr);
      TRY(check_iterations(algorithm));
    } else if (PKCS12_SAFEBAG_get_nid(bag) == NID_safeContentsBag) {
      TRY(check_bags(PKCS12_SAFEBAG_get0_safes(bag), nesting + 1));
    }
  }
  return {};
}

// One part of a store: bags, perhaps encrypted as a whole. What cannot be read is left to who
// opens the store and says why.
Result<void> check_safe(PKCS7* safe, const std::string& password) {
  OwnedBags bags;
  if (!safe->d.ptr) return {};
  if (PKCS7_type_is_data(safe)) bags.reset(PKCS12_unpack_p7data(safe));
  if (PKCS7_type_is_encrypted(safe)) {
    TRY(check_iterations(safe->d.encrypted->enc_data->algorithm));
    bags.reset(PKCS12_unpack_p7encdata(safe, password.c_str(), static_cast<int>(password.size())));
  }
  return bags ? check_bags(bags.get(), 0) : Result<void>{};
}

}  // namespace

Result<void> check_iterations(const X509_ALGOR* algorithm) {
  if (!algorithm) return {};
  if (id_of(algorithm) != NID_pbes2) {
    OwnedPbe old(parameter_of<PBEPARAM>(algorithm, ASN1_ITEM_rptr(PBEPARAM)));
    return old ? check_count(old->iter) : Result<void>{};
  }
  OwnedPbe2 both(parameter_of<PBE2PARAM>(algorithm, ASN1_ITEM_rptr(PBE2PARAM)));
  if (!both || id_of(both->keyfunc) != NID_id_pbkdf2) return {};  // scrypt has a limit of its own
  OwnedPbkdf2 derivation(parameter_of<PBKDF2PARAM>(both->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM)));
  return derivation ? check_count(derivation->iter) : Result<void>{};
}

Result<void> check_iterations(PKCS12* store, const std::string& password) {
  const ASN1_INTEGER* iterations = nullptr;
  PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, store);
  TRY(check_count(iterations));
  OwnedSafes safes(PKCS12_unpack_authsafes(store));
  for (int i = 0; safes && i < sk_PKCS7_num(safes.get()); ++i) {
    TRY(check_safe(sk_PKCS7_value(safes.get(), i), password));
  }
  ERR_clear_error();
  return {};
}

}  // namespace perigee::net
