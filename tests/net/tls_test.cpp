#include "net/tls.hpp"

#include "net/certificate_subject.hpp"
#include "tests/net/support/secured.hpp"

namespace perigee::net {
namespace {

using namespace testing;
using ::testing::HasSubstr;

class Tls : public ::testing::Test {
 protected:
  SystemClock clock_;
  Reactor reactor_{clock_};
};

class TlsVersions : public Tls, public ::testing::WithParamInterface<std::string> {};
INSTANTIATE_TEST_SUITE_P(Both, TlsVersions, ::testing::Values("TLSv1.2", "TLSv1.3"),
                         [](const auto& it) { return it.param == "TLSv1.2" ? "Tls12" : "Tls13"; });

// What is agreed on
// ---------------------------------------------------------------------------------

TEST_P(TlsVersions, CarriesBytesBothWays) {
  auto server = serve({.protocols = {GetParam()}});
  Ends ends = shake_hands(reactor_, server, trust_authority());
  ASSERT_TRUE(ends.good());
  for (Stream* end : {ends.server->get(), ends.client->get()}) {
    EXPECT_TRUE(end->tls().secured);
    EXPECT_EQ(end->tls().version, GetParam());
    EXPECT_EQ(end->tls().server_name, "api.example");
    EXPECT_FALSE(end->tls().resumed);
    EXPECT_TRUE(end->tls().cipher.starts_with("TLS_")) << end->tls().cipher;
  }
  EXPECT_TRUE(write_all(reactor_, **ends.client, "question"));
  EXPECT_EQ(read_some(reactor_, **ends.server), "question");
  EXPECT_TRUE(write_all(reactor_, **ends.server, "answer"));
  EXPECT_EQ(read_some(reactor_, **ends.client), "answer");
  EXPECT_EQ((*ends.client)->counters().bytes_written, 8u);
  EXPECT_EQ((*ends.client)->counters().bytes_read, 6u);
}

TEST_F(Tls, ChoosesTheServersFirstCommonProtocolByAlpn) {
  auto server = serve({.alpn = {"h2", "http/1.1"}});
  Ends both = shake_hands(reactor_, server, trust_authority({.alpn = {"http/1.1", "h2"}}));
  ASSERT_TRUE(both.good());
  EXPECT_EQ((*both.server)->tls().alpn, "h2");
  EXPECT_EQ((*both.client)->tls().alpn, "h2");
  Ends none = shake_hands(reactor_, server, trust_authority({.alpn = {"spdy/3"}}));
  ASSERT_TRUE(none.good());
  EXPECT_EQ((*none.client)->tls().alpn, "");
}

TEST_F(Tls, RefusesWithoutACommonProtocolWhenAlpnIsRequired) {
  auto server = serve({.alpn = {"h2"}, .alpn_required = true});
  Ends ends = shake_hands(reactor_, server, trust_authority({.alpn = {"spdy/3"}}));
  ASSERT_FALSE(ends.client);
  EXPECT_THAT(ends.client.error().message, HasSubstr("no application protocol"));
}

// Certificates by name
// ------------------------------------------------------------------------------

struct NameCase {
  std::string asked, served;
};
class TlsNames : public Tls, public ::testing::WithParamInterface<NameCase> {
 protected:
  static TlsServerContext::Options options() {
    static const PemPair first = make_certificate({.common_name = "first.example"});
    static const PemPair wild = make_certificate(
        {.common_name = "ignored.example", .names = {"DNS:*.wild.example", "DNS:other.example"}});
    static const PemPair exact =
        make_certificate({.common_name = "exact", .names = {"DNS:exact.wild.example"}});
    return {.certificates = {first, wild, exact}};
  }
  std::string name_served(TlsServerContext::Options with, const std::string& asked) {
    Ends ends =
        shake_hands(reactor_, serve(std::move(with)), trust_authority({.trust_all = true}), asked);
    EXPECT_TRUE(ends.good());
    if (!ends.good()) return "";
    const std::string pem((*ends.client)->tls().peer_certificate_pem);
    const auto certificates = options().certificates;
    return pem == certificates[0].certificate   ? "first"
           : pem == certificates[1].certificate ? "wild"
           : pem == certificates[2].certificate ? "exact"
                                                : "unknown";
  }
};
INSTANTIATE_TEST_SUITE_P(
    Table, TlsNames,
    ::testing::Values(NameCase{"first.example", "first"}, NameCase{"a.wild.example", "wild"},
                      NameCase{"A.WILD.Example", "wild"}, NameCase{"other.example", "wild"},
                      NameCase{"exact.wild.example", "exact"},
                      NameCase{"a.b.wild.example", "first"}, NameCase{"wild.example", "first"},
                      NameCase{"ignored.example", "first"}, NameCase{"unknown.example", "first"},
                      NameCase{"10.0.0.1", "first"}, NameCase{"", "first"}));

TEST_P(TlsNames, ChoosesTheCertificate) {
  EXPECT_EQ(name_served(options(), GetParam().asked), GetParam().served);
}

TEST_F(TlsNames, TakesTheFirstWithoutSni) {
  auto without = options();
  without.sni = false;
  EXPECT_EQ(name_served(without, "exact.wild.example"), "first");
}

TEST_F(Tls, SendsTheChainAndNothingElse) {
  const PemPair middle =
      make_certificate({.common_name = "Middle", .is_ca = true, .issuer = &authority()});
  PemPair leaf = make_certificate({.common_name = "api.example", .issuer = &middle});
  Ends lonely = shake_hands(reactor_, serve({.certificates = {leaf}}), trust_authority());
  ASSERT_FALSE(lonely.client);
  EXPECT_THAT(lonely.client.error().message, HasSubstr("its issuer CN=Middle is neither in"));
  leaf.certificate += middle.certificate;
  EXPECT_TRUE(shake_hands(reactor_, serve({.certificates = {leaf}}), trust_authority()).good());
}

// Resumption
// ----------------------------------------------------------------------------------------

// One more connection; true when both ends say it was resumed.
bool resumed(Reactor& reactor, const ServerContext& server, const ClientContext& client,
             const std::string& name = "api.example") {
  Ends ends = shake_hands(reactor, server, client, name);
  EXPECT_TRUE(ends.good());
  if (!ends.good()) return false;
  EXPECT_EQ((*ends.server)->tls().resumed, (*ends.client)->tls().resumed);
  EXPECT_EQ((*ends.server)->tls().server_name, name);
  // The tickets of TLS 1.3 come with the first bytes.
  EXPECT_TRUE(write_all(reactor, **ends.server, "hello"));
  EXPECT_EQ(read_some(reactor, **ends.client), "hello");
  return (*ends.server)->tls().resumed;
}

ClientContext new_client() {
  // Contexts with equal options are one as long as someone holds it; a new trust makes a new one.
  TrustStores stores;
  return trust_authority({.trust = *stores.pem(authority().certificate)});
}

TEST_P(TlsVersions, ResumesSessions) {
  auto server = serve({.protocols = {GetParam()}});
  auto client = new_client();
  EXPECT_FALSE(resumed(reactor_, server, client));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(resumed(reactor_, server, client));
}

TEST_P(TlsVersions, ResumesAtAnotherWorkersContext) {
  const TlsServerContext::Options options{.protocols = {GetParam()}};
  auto client = new_client();
  EXPECT_FALSE(resumed(reactor_, serve(options), client));
  EXPECT_TRUE(resumed(reactor_, serve(options), client));
}

TEST_P(TlsVersions, ResumesByServerName) {
  const PemPair other = make_certificate({.common_name = "other.example", .issuer = &authority()});
  auto server = serve({.certificates = {server_certificate(), other}, .protocols = {GetParam()}});
  auto client = new_client();
  EXPECT_FALSE(resumed(reactor_, server, client));
  EXPECT_FALSE(resumed(reactor_, server, client, "other.example"));
  EXPECT_TRUE(resumed(reactor_, server, client));
  EXPECT_TRUE(resumed(reactor_, server, client, "other.example"));
}

TEST_P(TlsVersions, ASessionDoesNotPassAStricterServer) {
  auto client = new_client();
  EXPECT_FALSE(resumed(reactor_, serve({.protocols = {GetParam()}}), client));
  auto strict = serve({.client_auth = ClientAuth::request,
                       .client_trust = trust_in(authority()),
                       .protocols = {GetParam()}});
  EXPECT_FALSE(resumed(reactor_, strict, client));
}

TEST_P(TlsVersions, TicketsLastAsLongAsTheirKeys) {
  FakeClock clock;
  Reactor reactor(clock);
  auto server =
      serve({.protocols = {GetParam()}, .ticket_keys = make_ticket_keys(std::chrono::hours(1))});
  auto client = new_client();
  EXPECT_FALSE(resumed(reactor, server, client));
  clock.advance(std::chrono::minutes(90));
  reactor.refresh_time();
  EXPECT_TRUE(resumed(reactor, server, client));  // by the old key, renewed with a new one
  clock.advance(std::chrono::minutes(45));
  reactor.refresh_time();
  EXPECT_TRUE(resumed(reactor, server, client));
  clock.advance(std::chrono::hours(4));
  reactor.refresh_time();
  EXPECT_FALSE(resumed(reactor, server, client));
}

TEST_P(TlsVersions, AResumedConnectionStillKnowsTheClientsCertificate) {
  auto server = serve({.client_auth = ClientAuth::required,
                       .client_trust = trust_in(authority()),
                       .protocols = {GetParam()}});
  auto client = trust_authority({.client = client_certificate()});
  EXPECT_FALSE(resumed(reactor_, server, client));
  Ends ends = shake_hands(reactor_, server, client);
  ASSERT_TRUE(ends.good());
  EXPECT_TRUE((*ends.server)->tls().resumed);
  EXPECT_EQ((*ends.server)->tls().peer_certificate_pem, client_certificate().certificate);
}

TEST_F(Tls, KeepsABoundedNumberOfSessions) {
  auto server = serve({});
  auto client = trust_authority({.trust_all = true});
  for (int i = 0; i < 65; ++i) resumed(reactor_, server, client, "n" + std::to_string(i) + ".x");
  EXPECT_TRUE(resumed(reactor_, server, client, "n64.x"));
  EXPECT_FALSE(resumed(reactor_, server, client, "n0.x"));
}

// Client certificates
// -------------------------------------------------------------------------------

TEST_P(TlsVersions, AsksForAClientCertificate) {
  auto server = serve({.client_auth = ClientAuth::request,
                       .client_trust = trust_in(authority()),
                       .protocols = {GetParam()}});
  Ends without = shake_hands(reactor_, server, trust_authority());
  ASSERT_TRUE(without.good());
  EXPECT_EQ((*without.server)->tls().peer_certificate_pem, "");
  Ends with = shake_hands(reactor_, server, trust_authority({.client = client_certificate()}));
  ASSERT_TRUE(with.good());
  EXPECT_EQ((*with.server)->tls().peer_certificate_pem, client_certificate().certificate);
}

// Whom certificates are for
// -------------------------------------------------------------------------------

// "OU 2.5.4.11 a, CN .." of all attributes.
std::string attributes_of(const CertificateSubject& subject) {
  std::string text;
  for (const CertificateSubject::Attribute& it : subject.attributes) {
    text.append(text.empty() ? "" : ", ").append(it.short_name.empty() ? "?" : it.short_name);
    text.append(" ").append(it.oid).append(" ").append(it.value);
  }
  return text;
}

TEST_P(TlsVersions, ReadsWhomCertificatesAreFor) {
  auto server = serve({.client_auth = ClientAuth::request,
                       .client_trust = trust_in(authority()),
                       .protocols = {GetParam()}});
  Ends without = shake_hands(reactor_, server, trust_authority());
  ASSERT_TRUE(without.good());
  EXPECT_EQ((*without.server)->peer_subject(), nullptr);
  ASSERT_NE((*without.server)->own_subject(), nullptr);
  EXPECT_EQ((*without.server)->own_subject()->dn, "CN=api.example");
  ASSERT_NE((*without.client)->peer_subject(), nullptr);
  EXPECT_EQ((*without.client)->peer_subject()->dn, "CN=api.example");
  EXPECT_EQ((*without.client)->own_subject(), nullptr);

  auto client = trust_authority({.client = client_certificate()});
  EXPECT_FALSE(resumed(reactor_, server, client));
  Ends with = shake_hands(reactor_, server, client);  // resumed: the ticket brings the certificate
  ASSERT_TRUE(with.good());
  ASSERT_NE((*with.server)->peer_subject(), nullptr);
  EXPECT_EQ((*with.server)->peer_subject()->dn, "CN=a client");
  EXPECT_EQ((*with.server)->peer_subject(), (*with.server)->peer_subject()) << "read once";
  ASSERT_NE((*with.server)->own_subject(), nullptr);
  EXPECT_EQ((*with.server)->own_subject()->dn, "CN=api.example");
}

TEST_F(Tls, TellsTheCertificateThatTheNameChose) {
  const PemPair other = make_certificate({.common_name = "other.example", .issuer = &authority()});
  auto server = serve({.certificates = {server_certificate(), other}});
  Ends ends = shake_hands(reactor_, server, trust_authority(), "other.example");
  ASSERT_TRUE(ends.good());
  EXPECT_EQ((*ends.server)->own_subject()->dn, "CN=other.example");
}

struct SubjectCase {
  std::string about;
  std::vector<NamePart> parts;
  std::string dn, attributes;
};

TEST_F(Tls, WritesSubjectsAsTheReferenceDoes) {
  const SubjectCase cases[] = {
      {"the last attribute comes first",
       {{"C", "FR"}, {"O", "Acme"}, {"OU", "one"}, {"OU", "two"}},
       "CN=n,OU=two,OU=one,O=Acme,C=FR",
       "CN 2.5.4.3 n, OU 2.5.4.11 two, OU 2.5.4.11 one, O 2.5.4.10 Acme, C 2.5.4.6 FR"},
      {"of a set all count, in the order of its encoding",
       {{"OU", "one"}, {"UID", "u1", true}, {"L", "Lille"}},
       "CN=n,L=Lille,OU=one+UID=u1",
       "CN 2.5.4.3 n, L 2.5.4.7 Lille, OU 2.5.4.11 one, UID 0.9.2342.19200300.100.1.1 u1"},
      {"what RFC 2253 has no name for is an OID with its bytes",
       {{"emailAddress", "a@b.c"}, {"serialNumber", "7"}, {"1.2.3.4", "x"}},
       "CN=n,1.2.3.4=#0c0178,2.5.4.5=#130137,1.2.840.113549.1.9.1=#160561"
       "40622e63",
       "CN 2.5.4.3 n, ? 1.2.3.4 x, SERIALNUMBER 2.5.4.5 7, E 1.2.840.113549.1.9.1 a@b.c"},
      {"separators are escaped",
       {{"O", "Acme, \"Inc\"; <a+b=c>\\"}},
       "CN=n,O=Acme\\, \\\"Inc\\\"\\; \\<a\\+b\\=c\\>\\\\",
       "CN 2.5.4.3 n, O 2.5.4.10 Acme\\, \\\"Inc\\\"\\; \\<a\\+b\\=c\\>\\\\"},
      {"so are blanks at the ends and '#'",
       {{"O", "  a b "}, {"OU", "#1 #2"}, {"L", " "}},
       "CN=n,L=\\ ,OU=\\#1 \\#2,O=\\ \\ a b\\ ",
       "CN 2.5.4.3 n, L 2.5.4.7 \\ , OU 2.5.4.11 \\#1 #2, O 2.5.4.10 \\ \\ a b\\ "},
      {"NUL ends nothing",
       {{"O", std::string("good\0evil", 9)}},
       "CN=n,O=good\\00evil",
       std::string("CN 2.5.4.3 n, O 2.5.4.10 good\0evil", 34)},
      {"other alphabets stay",
       {{"O", "Müller 東京"}},
       "CN=n,O=Müller 東京",
       "CN 2.5.4.3 n, O 2.5.4.10 Müller 東京"},
  };
  for (const SubjectCase& it : cases) {
    SCOPED_TRACE(it.about);
    const PemPair pair =
        make_certificate({.common_name = "n", .before_name = it.parts, .issuer = &authority()});
    Ends ends = shake_hands(reactor_, serve({.certificates = {pair}}),
                            trust_authority({.trust_all = true}));
    ASSERT_TRUE(ends.good());
    const CertificateSubject* subject = (*ends.client)->peer_subject();
    ASSERT_NE(subject, nullptr);
    EXPECT_EQ(subject->dn, it.dn);
    EXPECT_EQ(attributes_of(*subject), it.attributes);
  }
}

// The client learns it from the alert: in the handshake with TLS 1.2, by the first read with 1.3.
std::string clients_error(Reactor& reactor, Ends& ends) {
  if (!ends.client) return ends.client.error().message;
  auto read = read_some(reactor, **ends.client);
  return read ? "no error" : read.error().message;
}

TEST_P(TlsVersions, RefusesAClientWithoutACertificate) {
  auto server = serve({.client_auth = ClientAuth::required,
                       .client_trust = trust_in(authority()),
                       .protocols = {GetParam()}});
  Ends ends = shake_hands(reactor_, server, trust_authority());
  ASSERT_FALSE(ends.server);
  EXPECT_EQ(ends.server.error().code, ErrorCode::tls);
  EXPECT_EQ(ends.server.error().fault, Fault::client);
  EXPECT_THAT(ends.server.error().message, HasSubstr("peer did not return a certificate"));
  EXPECT_THAT(clients_error(reactor_, ends), HasSubstr("the peer sent the alert"));
}

TEST_P(TlsVersions, RefusesAClientCertificateOfAnUnknownAuthority) {
  auto server = serve({.client_auth = ClientAuth::request,
                       .client_trust = trust_in(authority()),
                       .protocols = {GetParam()}});
  const PemPair stranger = make_certificate({.common_name = "stranger"});
  Ends ends = shake_hands(reactor_, server, trust_authority({.client = stranger}));
  ASSERT_FALSE(ends.server);
  EXPECT_THAT(ends.server.error().message, HasSubstr("CN=stranger is refused: it is self-signed"));
  EXPECT_THAT(clients_error(reactor_, ends), HasSubstr("alert \"unknown CA\" (48)"));
}

// Verification of servers
// ---------------------------------------------------------------------------

class TlsVerify : public Tls {
 protected:
  Ends meet(const PemPair& certificate, TlsClientContext::Options client = {},
            const std::string& name = "api.example") {
    return shake_hands(reactor_, serve({.certificates = {certificate}}),
                       trust_authority(std::move(client)), name);
  }
  std::string refusal(const Ends& ends) {
    if (ends.client) return "accepted";
    EXPECT_EQ(ends.client.error().code, ErrorCode::tls);
    EXPECT_EQ(ends.client.error().fault, Fault::upstream);
    return ends.client.error().message;
  }
};

TEST_F(TlsVerify, RefusesAnotherHostsCertificate) {
  Ends ends = meet(server_certificate(), {}, "db.example");
  EXPECT_THAT(refusal(ends), HasSubstr("TLS with \"db.example\" (127.0.0.1:1): the peer's "
                                       "certificate CN=api.example is refused: it is for "
                                       "api.example, 10.0.0.1 and not for \"db.example\""));
  ASSERT_FALSE(ends.server);
  EXPECT_THAT(ends.server.error().message, HasSubstr("alert \"bad certificate\" (42)"));
}

TEST_F(TlsVerify, ChecksIpAddresses) {
  EXPECT_TRUE(meet(server_certificate(), {}, "10.0.0.1").good());
  EXPECT_THAT(refusal(meet(server_certificate(), {}, "10.0.0.2")),
              HasSubstr("not for \"10.0.0.2\""));
}

TEST_F(TlsVerify, AcceptsAWildcardForOneLabel) {
  const PemPair wild = make_certificate(
      {.common_name = "x", .names = {"DNS:*.wild.example"}, .issuer = &authority()});
  EXPECT_TRUE(meet(wild, {}, "a.wild.example").good());
  EXPECT_TRUE(meet(wild, {}, "a.wild.example.").good());
  EXPECT_THAT(refusal(meet(wild, {}, "a.b.wild.example")),
              HasSubstr("not for \"a.b.wild.example\""));
}

TEST_F(TlsVerify, RefusesAnExpiredCertificate) {
  const PemPair expired = make_certificate({.common_name = "api.example",
                                            .not_before = "20190101000000Z",
                                            .not_after = "20190201123000Z",
                                            .issuer = &authority()});
  EXPECT_THAT(refusal(meet(expired)), HasSubstr("it has expired on 2019-02-01 12:30:00 UTC"));
}

TEST_F(TlsVerify, RefusesACertificateOfTheFuture) {
  const PemPair future = make_certificate(
      {.common_name = "api.example", .not_before = "20980101000000Z", .issuer = &authority()});
  EXPECT_THAT(refusal(meet(future)), HasSubstr("it is not valid before 2098-01-01"));
}

TEST_F(TlsVerify, TakesTheTimeFromTheClock) {
  FakeClock clock;
  clock.set_wall(WallTime(std::chrono::sys_days(std::chrono::year(2101) / 1 / 1)));
  Reactor reactor(clock);
  Ends ends = shake_hands(reactor, serve({}), trust_authority());
  EXPECT_THAT(refusal(ends), HasSubstr("has expired on 2099-12-31"));
}

TEST_F(TlsVerify, RefusesAnUnknownAuthority) {
  const PemPair stranger = make_certificate({.common_name = "Stranger", .is_ca = true});
  const PemPair leaf = make_certificate({.common_name = "api.example", .issuer = &stranger});
  EXPECT_THAT(refusal(meet(leaf)),
              HasSubstr("its issuer CN=Stranger is neither in the trust store"));
  EXPECT_THAT(refusal(meet(make_certificate({.common_name = "api.example"}))),
              HasSubstr("it is self-signed and not in the trust store"));
}

TEST_F(TlsVerify, AnIntermediateIsAnAnchor) {
  const PemPair middle =
      make_certificate({.common_name = "Middle", .is_ca = true, .issuer = &authority()});
  const PemPair leaf = make_certificate({.common_name = "api.example", .issuer = &middle});
  EXPECT_TRUE(meet(leaf, {.trust = trust_in(middle)}).good());
  EXPECT_TRUE(meet(leaf, {.trust = trust_in(leaf)}).good());
}

TEST_F(TlsVerify, LooksAwayWhenTold) {
  EXPECT_TRUE(meet(server_certificate(), {.verify_host = false}, "db.example").good());
  const PemPair stranger = make_certificate({.common_name = "stranger"});
  EXPECT_TRUE(meet(stranger, {.trust_all = true}).good());
  EXPECT_THAT(refusal(meet(stranger, {.verify_host = false})), HasSubstr("self-signed"));
}

}  // namespace
}  // namespace perigee::net
