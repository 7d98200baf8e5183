#include <fmt/format.h>
#include <openssl/sslerr.h>

#include "net/tls_openssl.hpp"

namespace perigee::net {

namespace {

constexpr std::size_t kNamesShown = 8;

std::string issuer_of(const X509* certificate) {
  OwnedBio bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_issuer_name(certificate), 0,
                     XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(bytes)};
}

std::string time_text(const ASN1_TIME* time) {
  std::tm utc{};
  if (!time || ASN1_TIME_to_tm(time, &utc) != 1) return "an unreadable date";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string ip_text(const ASN1_OCTET_STRING* ip) {
  const unsigned char* bytes = ASN1_STRING_get0_data(ip);
  if (ASN1_STRING_length(ip) == 4) {
    return fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
  }
  return "an IPv6 address";
}

// What the certificate is for: "a.example, 10.0.0.1".
std::string names_of(X509* certificate) {
  std::vector<std::string> names = dns_names(certificate);
  std::unique_ptr<GENERAL_NAMES, OpensslFree<&GENERAL_NAMES_free>> alternatives(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; alternatives && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_IPADD) names.push_back(ip_text(name->d.iPAddress));
  }
  if (names.empty()) return "no host";
  const bool more = names.size() > kNamesShown;
  if (more) names.resize(kNamesShown);
  return fmt::format("{}{}", fmt::join(names, ", "), more ? ", ..." : "");
}

std::string why_refused(int error, X509* certificate, const std::string& server_name) {
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("it is for {} and not for \"{}\"", names_of(certificate), server_name);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("it has expired on {}", time_text(X509_get0_notAfter(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("it is not valid before {}", time_text(X509_get0_notBefore(certificate)));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "it is self-signed and not in the trust store";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format("its issuer {} is neither in the trust store nor in the peer's chain",
                         issuer_of(certificate));
    default:
      return X509_verify_cert_error_string(error);
  }
}

std::string_view hint_for(int reason) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return "; the peer does not seem to speak TLS here";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return "; the peer has no TLS version in common with us";
    case SSL_R_NO_SHARED_CIPHER:
      return "; the peer has no cipher in common with us";
    default:
      return "";
  }
}

std::string why_failed() {
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
    const int alert = reason - SSL_AD_REASON_OFFSET;
    ERR_clear_error();
    return fmt::format("the peer sent the alert \"{}\" ({})", SSL_alert_desc_string_long(alert),
                       alert);
  }
  return fmt::format("{}{}", openssl_reason(), hint_for(reason));
}

}  // namespace

int note_refusal(int ok, X509_STORE_CTX* store) {
  if (ok) return ok;
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& connection = *static_cast<TlsConnection*>(SSL_get_app_data(ssl));
  X509* certificate = X509_STORE_CTX_get_current_cert(store);
  const int error = X509_STORE_CTX_get_error(store);
  if (certificate) {
    connection.refusal =
        fmt::format("the peer's certificate {} is refused: {}", subject_of(certificate),
                    why_refused(error, certificate, connection.server_name));
  } else {
    connection.refusal =
        fmt::format("the peer's certificate is refused: {}", X509_verify_cert_error_string(error));
  }
  return ok;
}

Error tls_error(const TlsConnection& connection) {
  std::string reason = why_failed();  // empties OpenSSL's queue in any case
  return {ErrorCode::tls, connection.refusal.empty() ? std::move(reason) : connection.refusal,
          connection.server ? Fault::client : Fault::upstream};
}

}  // namespace perigee::net
