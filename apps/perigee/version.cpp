#include "apps/perigee/version.hpp"

#include <openssl/crypto.h>

#include "revision.hpp"

namespace perigee::apps {

#define PERIGEE_TEXT_(x) #x
#define PERIGEE_TEXT(x) PERIGEE_TEXT_(x)

std::string_view version() { return PERIGEE_VERSION; }
std::string_view revision() { return PERIGEE_REVISION; }
std::string_view compiler() {
  return "clang/" PERIGEE_TEXT(__clang_major__) "." PERIGEE_TEXT(__clang_minor__) "." PERIGEE_TEXT(
      __clang_patchlevel__);
}

std::string version_text() {
  return "perigee " + std::string(version()) + " (" + std::string(revision()) + ")\n" +
         "built by " + std::string(compiler()) +
         ", " PERIGEE_MODE " mode, " OPENSSL_VERSION_TEXT "\n" +
         "compatible with gateway definitions and configuration of APIM 4.9";
}

}  // namespace perigee::apps
