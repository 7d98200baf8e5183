// system.proxy.*: runtime.md 2.3.
#include <gtest/gtest.h>

#include "tests/config/support/configured.hpp"

namespace perigee::config {
namespace {

TEST(SystemProxy, IsNoneUnlessTold) {
  EXPECT_FALSE(load("").settings.system_proxy.is_there());
  EXPECT_EQ(said(load(""), "system.proxy.host"), nullptr);
}

TEST(SystemProxy, IsReadWhole) {
  const Loaded loaded = load(
      "system:\n  proxy:\n    type: SOCKS5\n    host: proxy.example\n    port: 1080\n"
      "    username: me\n    password: pw\n");
  ASSERT_TRUE(loaded.settings.system_proxy.is_there());
  EXPECT_EQ(loaded.settings.system_proxy,
            (SystemProxy{true, ProxyType::socks5, "proxy.example", 1080, "me", "pw"}));
}

TEST(SystemProxy, IsHttpWithoutAType) {
  const Loaded loaded = load("system.proxy: {host: p, port: 3128}");
  ASSERT_TRUE(loaded.settings.system_proxy.is_there());
  EXPECT_EQ(loaded.settings.system_proxy.type, ProxyType::http);
}

TEST(SystemProxy, MayBeSwitchedOff) {
  EXPECT_FALSE(
      load("system.proxy: {enabled: false, host: p, port: 3128}").settings.system_proxy.is_there());
}

TEST(SystemProxy, AWrongTypeIsTold) {
  EXPECT_NE(said(load("system.proxy: {host: p, port: 1, type: FTP}"), "system.proxy.type",
                 Severity::warning),
            nullptr);
}

}  // namespace
}  // namespace perigee::config
