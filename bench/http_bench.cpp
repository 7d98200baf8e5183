// room: http
//
// What a request costs in this room. Goals: a head of 500 bytes parsed <= 250 ns, the header work
// of a usual exchange <= 300 ns, a head serialised <= 200 ns, nothing from the heap.
#include <benchmark/benchmark.h>

#include <string>

#include "http/h1_parser.hpp"
#include "http/h1_write.hpp"

namespace perigee::http {
namespace {

constexpr std::string_view kRequest =
    "GET /stores/4711/items?colour=blue&size=42&sort=price HTTP/1.1\r\n"
    "Host: api.acme.test\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/json;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Referer: https://www.acme.test/catalogue/blue\r\n"
    "X-Gravitee-Api-Key: 5e2f4c1a-9b7d-4e0f-8a6c-3d1b2c4e5f60\r\n"
    "X-Request-Source: web\r\n"
    "Cookie: session=0123456789abcdef\r\n"
    "X-Forwarded-For: 203.0.113.7\r\n"
    "Cache-Control: no-cache\r\n"
    "Connection: keep-alive\r\n\r\n";
static_assert(kRequest.size() >= 480 && kRequest.size() <= 560);

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Date: Tue, 24 Nov 2026 10:00:00 GMT\r\n"
    "Server: backend\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 1024\r\n"
    "Cache-Control: max-age=60\r\n"
    "X-Request-Id: 5e2f4c1a-9b7d-4e0f-8a6c-3d1b2c4e5f60\r\n\r\n";

void parse_a_request(benchmark::State& state) {
  Arena arena(8192);
  for (auto _ : state) {
    RequestHead head(arena);
    H1Head info;
    benchmark::DoNotOptimize(parse_request(kRequest, {}, head, info));
    benchmark::DoNotOptimize(head.headers.entries().data());
    arena.clear();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kRequest.size()));
}
BENCHMARK(parse_a_request);

void parse_a_response(benchmark::State& state) {
  Arena arena(8192);
  for (auto _ : state) {
    ResponseHead head(arena);
    H1Head info;
    benchmark::DoNotOptimize(parse_response(kResponse, {}, Method::get, head, info));
    arena.clear();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kResponse.size()));
}
BENCHMARK(parse_a_response);

// Twelve headers, six look-ups (one for what is not there), two additions, two removals.
void edit_headers(benchmark::State& state) {
  Arena parsed_arena(8192), arena(8192);
  RequestHead parsed(parsed_arena);
  H1Head info;
  parse_request(kRequest, {}, parsed, info);
  const OwnedHeaderName api_key("X-Gravitee-Api-Key"), source("x-request-source"),
      absent("X-Not-There"), added("X-Added");
  for (auto _ : state) {
    Headers headers(arena);
    headers.append_all(parsed.headers);
    benchmark::DoNotOptimize(headers.get(HeaderId::host));
    benchmark::DoNotOptimize(headers.get(HeaderId::accept));
    benchmark::DoNotOptimize(headers.get(HeaderId::content_type));
    benchmark::DoNotOptimize(headers.get(api_key));
    benchmark::DoNotOptimize(headers.get(source));
    benchmark::DoNotOptimize(headers.get(absent));
    headers.add(added, "some value");
    headers.add(HeaderId::via, "1.1 perigee");
    headers.remove(api_key);
    headers.remove(HeaderId::connection);
    benchmark::DoNotOptimize(headers.entries().data());
    arena.clear();
  }
}
BENCHMARK(edit_headers);

// As it came, but for the Host and one removed field: what a plain proxied request does.
void serialise_a_request(benchmark::State& state) {
  Arena parsed_arena(8192), arena(8192);
  RequestHead head(parsed_arena);
  H1Head info;
  parse_request(kRequest, {}, head, info);
  head.headers.set_made(HeaderId::host, "backend.internal:8080");
  head.headers.remove(HeaderName("X-Gravitee-Api-Key"));
  for (auto _ : state) {
    benchmark::DoNotOptimize(write_request_head(arena, head, {}));
    arena.clear();
  }
}
BENCHMARK(serialise_a_request);

// Every field made by policies, so that each is looked at.
void serialise_made_fields(benchmark::State& state) {
  Arena parsed_arena(8192), arena(8192);
  ResponseHead parsed(parsed_arena), head(parsed_arena);
  H1Head info;
  parse_response(kResponse, {}, Method::get, parsed, info);
  for (const Header& field : parsed.headers.entries())
    head.headers.add(HeaderName(field.name()), field.value());
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        write_response_head(arena, head, {.kind = WireFraming::Kind::length, .length = 1024}));
    arena.clear();
  }
}
BENCHMARK(serialise_made_fields);

void decode_chunks(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 64; ++i) body += "100\r\n" + std::string(256, 'x') + "\r\n";
  body += "0\r\n\r\n";
  for (auto _ : state) {
    ChunkedDecoder decoder;
    std::string_view rest = body;
    for (bool end = false; !end;) {
      auto step = decoder.feed(rest, nullptr);
      if (!step) return state.SkipWithError(step.error().message.c_str());
      end = step->end;
      rest.remove_prefix(step->consumed);
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}
BENCHMARK(decode_chunks);

}  // namespace
}  // namespace perigee::http
