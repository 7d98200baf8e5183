// Escapes of strings for other languages. Internal to freemarker.
#pragma once

#include <string>
#include <string_view>

namespace perigee::freemarker {

std::string html_escaped(std::string_view text);
std::string xml_escaped(std::string_view text);
// Percent-encoded UTF-8; url_path keeps slashes.
std::string url_escaped(std::string_view text);
std::string url_path_escaped(std::string_view text);
// For strings of JavaScript, JSON and Java; also safe inside of HTML's <script>.
std::string js_string(std::string_view text);
std::string json_string(std::string_view text);
std::string j_string(std::string_view text);

}  // namespace perigee::freemarker
