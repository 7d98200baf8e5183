// policy-override-request-method: what the invoker and later steps see.
#include "tests/policies/support/made.hpp"

namespace perigee::policies {
namespace {

using policy::testing::Exchanges;
using testing::Made;
using testing::make;

TEST(PolicyOverrideRequestMethod, SetsTheMethodAndItsAttribute) {
  constexpr std::string_view kMethods[] = {"GET",  "POST",    "PUT",     "DELETE", "PATCH",
                                           "HEAD", "CONNECT", "OPTIONS", "TRACE"};
  for (std::string_view method : kMethods) {
    Exchanges x;
    Made made =
        make("policy-override-request-method", R"({"method": ")" + std::string(method) + "\"}", x);
    ASSERT_TRUE(made.policy);
    x.request.method = http::Method::other;
    x.request.method_text = "PROPFIND";
    EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
    EXPECT_EQ(x.request.method, http::method_of(method));
    EXPECT_EQ(x.request.method_text, method);
    EXPECT_EQ(x.exchange().attributes.text("request.method"), method);
    EXPECT_EQ(x.eval("{#request.method}"), method);
  }
}

TEST(PolicyOverrideRequestMethod, IsGetUnlessItIsTold) {
  Exchanges x;
  Made made = make("policy-override-request-method", "{}", x);
  x.request.method = http::Method::post;
  EXPECT_TRUE(x.finished(made.policy->on_request(x.exchange())).continues());
  EXPECT_EQ(x.request.method, http::Method::get);
}

TEST(PolicyOverrideRequestMethod, RefusesOtherMethods) {
  Exchanges x;
  for (std::string_view method : {"get", "PROPFIND", ""}) {
    Made made =
        make("policy-override-request-method", R"({"method": ")" + std::string(method) + "\"}", x);
    ASSERT_FALSE(made.policy) << method;
    EXPECT_TRUE(made.errors.front().starts_with("/method: unknown value")) << made.errors.front();
  }
}

}  // namespace
}  // namespace perigee::policies
