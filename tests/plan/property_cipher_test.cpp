// Encrypted properties: values made by `openssl enc -aes-256-ecb -K .. -base64 -A`.
#include "plan/property_cipher.hpp"

#include <gtest/gtest.h>

namespace perigee::plan {
namespace {

constexpr std::string_view kSecret = "vvLJ4Q8Khvv9tm2tIPdkGEdmgKUruAL6";

TEST(PropertyCipher, OpensWhatTheControlPlaneWrites) {
  EXPECT_EQ(decrypt_property("Ylzis4ZFbeK4HfHGosCYEA==", kSecret).value(), "hello world");
  EXPECT_EQ(decrypt_property("N3Ii4GGpJMWRzZwn6hY+1A==", "0123456789abcdef").value(), "");
  EXPECT_EQ(
      decrypt_property("yvU3/DlHGnLCZzNVpxFR3AxnU7WuDCUICrbQ4y4xjTI=", "0123456789abcdef01234567")
          .value(),
      "sixteen bytes ok");
}

TEST(PropertyCipher, SaysWhatIsWrongAndNoSecret) {
  struct Row {
    std::string value;
    std::string_view secret, expected;
  };
  const Row rows[] = {
      {"plain text", kSecret, "it is not base64"},
      {"abc", kSecret, "it is not base64"},
      {"", kSecret, "it was not encrypted with the secret"},
      {"====", kSecret, "it "},
      {"Ylzis4ZFbeK4HfHGosCYEA==", "another secret that has 32 bytes", "it was not encrypted"},
      {"Ylzis4ZFbeK4HfHGosCY", kSecret, "it was not encrypted"},
      {"Ylzis4ZFbeK4HfHGosCYEA==", "short", "has 5 bytes, expected 16, 24 or 32"},
      {std::string(2 << 20, 'A'), kSecret, "longer than 1 MiB"},
  };
  for (const Row& row : rows) {
    Result<std::string> opened = decrypt_property(row.value, row.secret);
    ASSERT_FALSE(opened) << row.value.substr(0, 40);
    EXPECT_NE(opened.error().message.find(row.expected), std::string::npos)
        << opened.error().message;
    EXPECT_EQ(opened.error().message.find(kSecret), std::string::npos);
  }
}

}  // namespace
}  // namespace perigee::plan
