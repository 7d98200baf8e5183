#include "net/address.hpp"

namespace perigee::net {
namespace {

struct Literal {
  const char* given;
  const char* text;  // null = no literal
};

class Literals : public ::testing::TestWithParam<Literal> {};

TEST_P(Literals, AreReadAndWritten) {
  const auto address = Address::literal(GetParam().given, 8082);
  ASSERT_EQ(address.has_value(), GetParam().text != nullptr) << GetParam().given;
  if (address) EXPECT_EQ(address->text(), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Literals,
    ::testing::Values(Literal{"127.0.0.1", "127.0.0.1:8082"}, Literal{"0.0.0.0", "0.0.0.0:8082"},
                      Literal{"255.10.9.100", "255.10.9.100:8082"}, Literal{"::1", "[::1]:8082"},
                      Literal{"[::1]", "[::1]:8082"},
                      Literal{"2001:DB8::0:1", "[2001:db8::1]:8082"},
                      Literal{"fe80::1%1", "[fe80::1]:8082"},
                      Literal{"::ffff:10.1.2.3", "10.1.2.3:8082"}, Literal{"", nullptr},
                      Literal{"localhost", nullptr}, Literal{"127.0.0", nullptr},
                      Literal{"127.0.0.256", nullptr}, Literal{"127.0.0.01", nullptr},
                      Literal{"1.2.3.4%1", nullptr}, Literal{"[127.0.0.1]", nullptr},
                      Literal{"[::1", nullptr}, Literal{"::1 ", nullptr}, Literal{":::", nullptr},
                      Literal{"fe80::1%nosuchzone", nullptr}, Literal{"fe80::1%", nullptr}));

TEST(AddressTest, RefusesAnEmbeddedNul) {
  EXPECT_FALSE(Address::literal(std::string_view("127.0.0.1\0x", 11), 1));
}

TEST(AddressTest, ComparesFamilyPortAndBytes) {
  EXPECT_EQ(Address::loopback(1), *Address::literal("127.0.0.1", 1));
  EXPECT_FALSE(Address::loopback(1) == Address::loopback(2));
  EXPECT_FALSE(Address::any_ipv4(1) == Address::any_ipv6(1));
  EXPECT_FALSE(*Address::literal("::1", 1) == *Address::literal("::2", 1));
  EXPECT_FALSE(*Address::literal("fe80::1%1", 1) == *Address::literal("fe80::1%2", 1));
  EXPECT_EQ(Address(), Address::any_ipv4(0));
}

TEST(AddressTest, KeepsThePortOfEitherFamily) {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    Address address = *Address::literal(ip, 80);
    EXPECT_EQ(address.port(), 80);
    address.set_port(443);
    EXPECT_EQ(address.port(), 443);
    EXPECT_EQ(Address(address.raw(), address.raw_bytes()), address);
  }
}

TEST(AddressTest, AnotherFamilyIsNoAddress) {
  sockaddr other{};
  other.sa_family = AF_UNIX;
  EXPECT_EQ(Address(&other, sizeof other), Address());
}

}  // namespace
}  // namespace perigee::net
