#include "net/proxy_header.hpp"

#include "net/pipe.hpp"
#include "tests/net/support/loop.hpp"

namespace perigee::net {
namespace {

using testing::Running;
using testing::settle;
using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

// Version 2: command and family bytes, then a block with the length that it has.
std::string binary(int command, int family, const std::string& block) {
  std::string header = kSignature;
  header += static_cast<char>(command);
  header += static_cast<char>(family);
  header += static_cast<char>(block.size() >> 8);
  header += static_cast<char>(block.size() & 0xff);
  return header + block;
}

const std::string kIpv4Block = "\xc0\x00\x02\x01\xc6\x33\x64\x02\xc3\x50\x01\xbb"s;
const std::string kIpv6Block = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01" +
                               std::string(15, '\0') + "\x01" + "\x00\x50\x1f\x90"s;
const std::string kTlv = "\x04\x00\x03xyz"s;

struct Good {
  const char* name;
  std::string bytes;
  std::string source;  // empty: keeps the socket's
  std::string destination;
};

const std::vector<Good> kGood = {
    {"TextIpv4", "PROXY TCP4 192.0.2.1 198.51.100.2 50000 443\r\n", "192.0.2.1:50000",
     "198.51.100.2:443"},
    {"TextIpv6", "PROXY TCP6 2001:db8::1 ::1 80 8080\r\n", "[2001:db8::1]:80", "[::1]:8080"},
    {"TextMappedIpv4", "PROXY TCP6 ::ffff:192.0.2.1 ::1 0 65535\r\n", "192.0.2.1:0", "[::1]:65535"},
    {"TextUnknown", "PROXY UNKNOWN\r\n", "", ""},
    {"TextUnknownWithMore", "PROXY UNKNOWN what ever 1 2 3\r\n", "", ""},
    {"TextLongest",
     "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
     "", ""},
    {"BinaryIpv4", binary(0x21, 0x11, kIpv4Block), "192.0.2.1:50000", "198.51.100.2:443"},
    {"BinaryIpv4WithTlv", binary(0x21, 0x11, kIpv4Block + kTlv), "192.0.2.1:50000",
     "198.51.100.2:443"},
    {"BinaryIpv6", binary(0x21, 0x21, kIpv6Block), "[2001:db8::1]:80", "[::1]:8080"},
    {"BinaryLocal", binary(0x20, 0x00, ""), "", ""},
    {"BinaryLocalIgnoresItsBlock", binary(0x20, 0x11, kIpv4Block), "", ""},
    {"BinaryLocalIgnoresItsFamily", binary(0x20, 0xff, "abc"), "", ""},
    {"BinaryUnspecified", binary(0x21, 0x00, ""), "", ""},
    {"BinaryUnspecifiedWithTlv", binary(0x21, 0x00, kTlv), "", ""},
    {"BinaryUnixSockets", binary(0x21, 0x31, std::string(216, 'u')), "", ""},
    {"BinaryLargest", binary(0x21, 0x11, kIpv4Block + std::string(8192 - 16 - 12, '\0')),
     "192.0.2.1:50000", "198.51.100.2:443"},
};

class GoodHeader : public ::testing::TestWithParam<Good> {};

TEST_P(GoodHeader, IsReadToItsEndAndNoFurther) {
  ProxyHeader header;
  ASSERT_EQ(parse_proxy_header(GetParam().bytes + "GET / HTTP/1.1\r\n", header).result,
            ProxyParse::done);
  EXPECT_EQ(header.bytes, GetParam().bytes.size());
  ASSERT_EQ(header.addresses.has_value(), !GetParam().source.empty());
  if (!header.addresses) return;
  EXPECT_EQ(header.addresses->source.text(), GetParam().source);
  EXPECT_EQ(header.addresses->destination.text(), GetParam().destination);
}

TEST_P(GoodHeader, WantsMoreUntilItIsWhole) {
  ProxyHeader header;
  const std::string& bytes = GetParam().bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    ASSERT_EQ(parse_proxy_header(std::string_view(bytes).substr(0, i), header).result,
              ProxyParse::more)
        << i;
}

TEST_P(GoodHeader, ComesByteByByteAndWhatFollowsStays) {
  FakeClock clock;
  Reactor reactor(clock);
  {
    Pipe pipe = make_pipe(reactor, {.read_bytes_max = 1});
    Address local = pipe.first->local(), remote = pipe.first->remote();
    Running<Result<std::unique_ptr<Stream>>> accepting(
        accept_proxied(reactor, std::move(pipe.first)));
    std::string bytes = GetParam().bytes + "ab";
    Running<Result<void>> writing(pipe.second->write(bytes));
    for (std::size_t i = 0; i < bytes.size() + 8 && !accepting.done(); ++i) reactor.turn(0ms);
    ASSERT_TRUE(accepting.done() && accepting.value());
    Stream& stream = **accepting.value();
    EXPECT_EQ(stream.remote().text(),
              GetParam().source.empty() ? remote.text() : GetParam().source);
    EXPECT_EQ(stream.local().text(),
              GetParam().source.empty() ? local.text() : GetParam().destination);
    EXPECT_EQ(reactor.buffers().bytes_leased(), 0u) << "an idle stream holds no buffer";
    Buffer buffer(reactor.buffers());
    EXPECT_EQ(*stream.read(buffer).take(), 1u);
    EXPECT_EQ(*stream.read(buffer).take(), 1u);
    EXPECT_EQ(buffer.unread(), "ab");
  }
  EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Table, GoodHeader, ::testing::ValuesIn(kGood),
                         [](const auto& row) { return row.param.name; });

struct Bad {
  const char* name;
  std::string bytes;
};

const std::vector<Bad> kBad = {
    {"ARequest", "GET / HTTP/1.1\r\n"},
    {"ATlsHandshake", "\x16\x03\x01\x02\x00"s},
    {"LowerCase", "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n"},
    {"NoBlank", "PROXYTCP4 192.0.2.1 192.0.2.2 1 2\r\n"},
    {"TwoBlanks", "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"},
    {"TwoBlanksLater", "PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n"},
    {"ATab", "PROXY TCP4\t192.0.2.1 192.0.2.2 1 2\r\n"},
    {"BlankAtTheEnd", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"},
    {"OneWordMore", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"},
    {"OneWordLess", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"},
    {"NoWord", "PROXY \r\n"},
    {"Udp", "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"},
    {"UnknownWithTail", "PROXY UNKNOWNX\r\n"},
    {"OtherFamily", "PROXY TCP4 ::1 ::1 1 2\r\n"},
    {"OtherFamily6", "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"},
    {"LeadingZero", "PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n"},
    {"PartAbove255", "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"},
    {"Zone", "PROXY TCP6 fe80::1%1 ::1 1 2\r\n"},
    {"Brackets", "PROXY TCP6 [::1] ::1 1 2\r\n"},
    {"NulInAnAddress", "PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n"s},
    {"PortAboveTheLargest", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n"},
    {"PortWithZero", "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n"},
    {"PortWithSign", "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n"},
    {"PortOfNothing", "PROXY TCP4 192.0.2.1 192.0.2.2  2\r\n"},
    {"LfAlone", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"},
    {"CrAlone", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rG"},
    {"LineTooLong", "PROXY UNKNOWN " + std::string(107 - 14 - 1, 'x') + "\r\n"},
    {"LineWithoutEnd", "PROXY UNKNOWN " + std::string(107 - 14, 'x')},
    {"SignatureBroken", "\r\n\r\n\0\r\nQUIX\n"s},
    {"VersionOne", binary(0x11, 0x11, kIpv4Block)},
    {"VersionThree", binary(0x31, 0x11, kIpv4Block)},
    {"UnknownCommand", binary(0x22, 0x11, kIpv4Block)},
    {"UnknownFamily", binary(0x21, 0x41, std::string(216, '\0'))},
    {"Datagrams", binary(0x21, 0x12, kIpv4Block)},
    {"UnknownTransport", binary(0x21, 0x13, kIpv4Block)},
    {"Ipv4TooShort", binary(0x21, 0x11, kIpv4Block.substr(1))},
    {"Ipv4OfNothing", binary(0x21, 0x11, "")},
    {"Ipv6TooShort", binary(0x21, 0x21, kIpv6Block.substr(1))},
    {"UnixTooShort", binary(0x21, 0x31, std::string(215, 'u'))},
    {"TooLongByOne", binary(0x21, 0x11, std::string(8192 - 16 + 1, '\0'))},
    {"LongestLength", kSignature + "\x20\x11\xff\xff"s},
};

class BadHeader : public ::testing::TestWithParam<Bad> {};

TEST_P(BadHeader, IsRefusedHoweverItIsCut) {
  ProxyHeader header;
  ProxyOutcome whole = parse_proxy_header(GetParam().bytes, header);
  EXPECT_EQ(whole.result, ProxyParse::refused);
  EXPECT_FALSE(whole.why.empty());
  EXPECT_FALSE(header.addresses);
  bool refused = false;
  for (std::size_t i = 1; i <= GetParam().bytes.size(); ++i) {
    ProxyParse result =
        parse_proxy_header(std::string_view(GetParam().bytes).substr(0, i), header).result;
    ASSERT_NE(result, ProxyParse::done) << i;
    ASSERT_TRUE(result == ProxyParse::refused || !refused) << i;
    refused = result == ProxyParse::refused;
  }
  EXPECT_TRUE(refused);
}

INSTANTIATE_TEST_SUITE_P(Table, BadHeader, ::testing::ValuesIn(kBad),
                         [](const auto& row) { return row.param.name; });

class AcceptProxied : public ::testing::Test {
 protected:
  using Accepted = Result<std::unique_ptr<Stream>>;
  FakeClock clock;
  Reactor reactor{clock};
  Pipe pipe = make_pipe(reactor);
};

TEST_F(AcceptProxied, TellsWhatWasWrong) {
  Running<Accepted> accepting(accept_proxied(reactor, std::move(pipe.first)));
  ASSERT_TRUE(pipe.second->write("GET / HTTP/1.1\r\n").take());
  settle(reactor);
  ASSERT_TRUE(accepting.done());
  ASSERT_FALSE(accepting.value());
  EXPECT_EQ(accepting.value().error().code, ErrorCode::invalid);
  EXPECT_TRUE(pipe.second->hung_up());
  EXPECT_EQ(reactor.buffers().bytes_leased(), 0u);
}

TEST_F(AcceptProxied, WhoEndsBeforeTheFirstByteHasOnlyClosed) {
  Running<Accepted> accepting(accept_proxied(reactor, std::move(pipe.first)));
  pipe.second->end();
  settle(reactor);
  ASSERT_TRUE(accepting.done() && !accepting.value());
  EXPECT_EQ(accepting.value().error().code, ErrorCode::closed);
}

TEST_F(AcceptProxied, WhoEndsWithinTheHeaderHasNone) {
  Running<Accepted> accepting(accept_proxied(reactor, std::move(pipe.first)));
  ASSERT_TRUE(pipe.second->write("PROXY TC").take());
  settle(reactor);
  EXPECT_FALSE(accepting.done());
  pipe.second->end();
  settle(reactor);
  ASSERT_TRUE(accepting.done());
  ASSERT_FALSE(accepting.value());
  EXPECT_EQ(accepting.value().error().code, ErrorCode::invalid);
}

TEST_F(AcceptProxied, WhatCameWithTheHeaderIsReadFirstAndInTurn) {
  Running<Accepted> accepting(accept_proxied(reactor, std::move(pipe.first)));
  ASSERT_TRUE(pipe.second->write("PROXY UNKNOWN\r\nfirst").take());
  settle(reactor);
  ASSERT_TRUE(accepting.done() && accepting.value());
  Stream& stream = **accepting.value();
  EXPECT_TRUE(stream.readable());
  ASSERT_TRUE(pipe.second->write(" second").take());
  settle(reactor);
  Buffer buffer(reactor.buffers());
  EXPECT_EQ(*stream.read(buffer).take(), 5u);
  EXPECT_TRUE(stream.readable());
  EXPECT_EQ(*stream.read(buffer).take(), 7u);
  EXPECT_EQ(buffer.unread(), "first second");
  EXPECT_FALSE(stream.readable());
}

}  // namespace
}  // namespace perigee::net
