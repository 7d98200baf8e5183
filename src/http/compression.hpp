// Compressing answers (compressionSupported, runtime.md 2.1): what the client takes, what may be
// compressed, and the body that does it; and the way back, for what backends compressed
// (useCompression, api-definition.md 1.3). RFC 9110 sections 8.4 and 12.5.3.
#pragma once

#include <memory>

#include "http/message.hpp"
#include "net/reactor.hpp"

namespace perigee::http {

enum class ContentCoding : std::uint8_t { identity, gzip, deflate };

// The one that the client likes best; gzip among equals. identity when it told nothing, or likes
// that better.
ContentCoding preferred_coding(const Headers& request);

// Whether this answer depends on Accept-Encoding: it has a body, whole, not encoded yet, and nobody
// has forbidden to change it; or it stands for such an answer without its body (HEAD, 304).
bool depends_on_coding(const RequestHead& request, const ResponseHead& head, const Body* body);
// Its body goes out, and may be compressed when it depends on Accept-Encoding.
bool has_content(const RequestHead& request, const ResponseHead& head);
// What both the compressed answer and the plain one tell caches.
void add_vary(Headers& response);
// The head of a compressed answer: no length, ranges and digests of other bytes, a weak ETag.
void announce(ContentCoding coding, Headers& response);

// The pieces of `body` compressed, each as soon as it is there: what waits for the next piece has
// been flushed. Borrows `body`. Holds at most 140 KiB for zlib and one buffer while it
// gives bytes; lets other flows of the worker have their turn during a long body.
std::unique_ptr<Body> compress(net::Reactor& reactor, Body& body, ContentCoding coding);

// How a message is encoded, when decompress() can undo all of it.
std::optional<ContentCoding> decodable_coding(const Headers& headers);
// The bytes that were compressed to `body`, as they come. Borrows `body`. A body that is damaged or
// cut short is an error of the upstream.
std::unique_ptr<Body> decompress(net::Reactor& reactor, Body& body, ContentCoding coding);

}  // namespace perigee::http
