// Redirects that the gateway follows itself (api-definition.md 1.3, followRedirects).
#pragma once

#include "http/message.hpp"
#include "proxy/destination.hpp"
#include "upstream/elsewhere.hpp"

namespace perigee::proxy {

inline constexpr unsigned kRedirectsMax = 16;  // of one call; the next one is the client's answer

// Whether requests like this one may be sent again where an answer says: GET and HEAD without a
// body.
bool may_follow(const http::RequestHead& request, const http::Body* body);

// Makes `to` and `request` what `answer` asks for. Another origin gets no credentials and nothing
// that the endpoint's own headers say. False, with nothing changed: it is no redirect, or none that
// can be followed.
bool follow(const http::ResponseHead& answer, upstream::Elsewhere& elsewhere, Destination& to,
            http::RequestHead& request);

}  // namespace perigee::proxy
