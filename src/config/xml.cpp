// The only file that knows expat.
#include "config/xml.hpp"

#include <expat.h>

#include <memory>
#include <utility>

namespace perigee::config {
namespace {

constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kElementsMax = 20'000;

struct Reading {
  XML_Parser parser = nullptr;
  XmlElement root;
  std::vector<XmlElement> open;  // from the root inwards
  std::size_t elements = 0;
  std::string refused;  // our own reason to stop

  void refuse(std::string why) {
    refused = std::move(why);
    XML_StopParser(parser, XML_FALSE);
  }
};

void on_start(void* user, const char* name, const char** attributes) {
  Reading& reading = *static_cast<Reading*>(user);
  if (reading.open.size() == kDepthMax) return reading.refuse("elements are nested too deeply");
  if (++reading.elements > kElementsMax) return reading.refuse("too many elements");
  XmlElement& element = reading.open.emplace_back();
  element.name = name;
  element.line = static_cast<int>(XML_GetCurrentLineNumber(reading.parser));
  for (; *attributes != nullptr; attributes += 2) element.attributes[attributes[0]] = attributes[1];
}

void on_end(void* user, const char*) {
  Reading& reading = *static_cast<Reading*>(user);
  XmlElement done = std::move(reading.open.back());
  reading.open.pop_back();
  if (reading.open.empty()) {
    reading.root = std::move(done);
  } else {
    reading.open.back().children.push_back(std::move(done));
  }
}

void on_text(void* user, const char* text, int bytes) {
  Reading& reading = *static_cast<Reading*>(user);
  if (!reading.open.empty()) reading.open.back().text.append(text, static_cast<std::size_t>(bytes));
}

void on_document_type(void* user, const char*, const char*, const char*, int) {
  static_cast<Reading*>(user)->refuse("a document type is not allowed here");
}

}  // namespace

std::string XmlElement::attribute(std::string_view key) const {
  const auto at = attributes.find(key);
  return at == attributes.end() ? std::string() : at->second;
}

Result<XmlElement> parse_xml(std::string_view text) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(nullptr), &XML_ParserFree);
  Reading reading;
  reading.parser = parser.get();
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), &on_start, &on_end);
  XML_SetCharacterDataHandler(parser.get(), &on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), &on_document_type);
  if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) ==
      XML_STATUS_ERROR) {
    const std::string why = !reading.refused.empty()
                                ? reading.refused
                                : XML_ErrorString(XML_GetErrorCode(parser.get()));
    return fail(ErrorCode::invalid,
                std::to_string(XML_GetCurrentLineNumber(parser.get())) + ": " + why);
  }
  return std::move(reading.root);
}

}  // namespace perigee::config
