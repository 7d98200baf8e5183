// Limits: how much one exchange may make policies and expressions do and hold (perigee.limits.*).
#pragma once

#include <cstddef>

#include "xml/document.hpp"

namespace perigee::policy {

struct Limits {
  std::size_t buffered_body_bytes_max = 10 << 20;
  // policy-assign-content, one rendering
  std::size_t template_steps_max = 2'000'000;
  std::size_t template_loop_turns_max = 200'000;
  std::size_t template_bytes_max = 32 << 20;
  // json-to-json, one transformation
  std::size_t jolt_steps_max = 5'000'000;
  std::size_t jolt_bytes_max = 64 << 20;
  // #xpath and xmlContent, one document
  xml::Limits xml;
  // traffic-shadowing, one step on one worker
  std::size_t shadow_copies_max = 100;  // under way
  std::size_t shadow_bytes_max = 16 << 20;
  std::size_t url_replacements_max = 10'000;  // url-rewriting, one answer
  // ip-filtering, one request
  std::size_t client_addresses_max = 256;    // that it may claim to come from
  std::size_t listed_addresses_max = 1'000;  // that expressions give
};

}  // namespace perigee::policy
