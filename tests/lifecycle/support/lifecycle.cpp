#include "tests/lifecycle/support/lifecycle.hpp"

#include <regex>

#include "apps/perigee/compile_settings.hpp"
#include "apps/perigee/worker.hpp"
#include "policies/catalog.hpp"
#include "tests/compat/world.hpp"

namespace perigee::lifecycle {
namespace {

// The gateway's policies and the fake ones; of two with one id the gateway's.
const policy::Catalog& all_policies() {
  static const policy::Catalog all = [] {
    policy::Catalog made = policies::catalog();
    for (const char* id : {"guard", "note", "wait", "fail", "end", "invoker", "shout", "gather",
                           "count", "attribute", "broken", "set", "work"})
      made.add(*proxy::testing::fake_policies().find(id));
    return made;
  }();
  return all;
}

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

bool fits(const std::string& expected, const std::string& found) {
  if (expected == "*") return found != "-";
  if (!expected.starts_with('~')) return expected == found;
  return std::regex_match(found, std::regex(expected.substr(1)));
}

void expect_headers(const NameValues& expected, const Answer& message, const char* whose) {
  for (const auto& [name, value] : expected) {
    std::string found = message.header(name);
    EXPECT_TRUE(fits(value, found))
        << whose << " " << name << " is '" << found << "', expected '" << value << "'";
  }
}

// A request, read as if it were an answer: its framing says where it ends.
Answer parse_request(std::string bytes) {
  std::size_t line = bytes.find("\r\n");
  if (line == std::string::npos) return {};
  bytes.replace(0, line, "HTTP/1.1 200 x");
  Answer head = proxy::testing::parse_answer(bytes, true);
  bool framed = head.header("Content-Length") != "-" || head.header("Transfer-Encoding") != "-";
  Answer whole = framed ? proxy::testing::parse_answer(bytes) : head;
  whole.bytes = whole.bytes - std::string_view("HTTP/1.1 200 x").size() + line;
  return whole;
}

class CaseTest final : public Lifecycle {
 public:
  explicit CaseTest(const Case& made) : made_(made) {}
  void TestBody() override { run(made_); }

 private:
  const Case& made_;
};

}  // namespace

bool add_cases(std::vector<Case> cases) {
  static std::vector<std::unique_ptr<const Case>> all;
  for (Case& each : cases) {
    const Case& made = *all.emplace_back(std::make_unique<const Case>(std::move(each)));
    ::testing::RegisterTest("Lifecycle", made.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [&made]() -> Lifecycle* { return new CaseTest(made); });
  }
  return true;
}

std::string request_of(const Turn& turn) {
  std::string bytes = turn.ask + " HTTP/1.1\r\n";
  bool host = std::ranges::any_of(turn.with, [](const auto& header) {
    return http::equals_ignoring_case(header.first, "Host");
  });
  if (!host) bytes += "Host: client.example\r\n";
  for (const auto& [name, value] : turn.with) bytes += name + ": " + value + "\r\n";
  if (!turn.body.empty()) bytes += "Content-Length: " + std::to_string(turn.body.size()) + "\r\n";
  return bytes + "\r\n" + turn.body;
}

void Lifecycle::SetUp() {
  Gateway::SetUp();
  catalog = &all_policies();
  closed_port = upstream::testing::closed_port(*reactor);
  configure({});
}

void Lifecycle::TearDown() {
  deployments.reset();
  Gateway::TearDown();
}

void Lifecycle::configure(const NameValues& keys) {
  config::Loaded loaded = compat::load(keys);
  for (const config::Diagnostic& diagnostic : loaded.diagnostics)
    EXPECT_NE(diagnostic.severity, config::Severity::error) << config::to_string(diagnostic);
  const config::Settings& settings = loaded.settings;
  start(apps::proxy_options(settings), apps::server_options(settings.servers.front(), settings));
  overlapping = settings.api.allow_overlapping_context;
  plan::CompileContext with = context();
  apps::apply_settings(with, settings);
  deployments = std::make_unique<plan::Deployments>(
      std::move(with), overlapping,
      [this](std::shared_ptr<const plan::Plan> plan) { proxy->swap(std::move(plan)); });
}

std::string Lifecycle::filled(std::string text) const {
  replace_all(text, "$BACKEND", backend_url());
  replace_all(text, "$CLOSED", "http://127.0.0.1:" + std::to_string(closed_port));
  return text;
}

void Lifecycle::apply(const std::string& source, const std::string& bytes) {
  definition::Envelope envelope = definition::read_envelope(filled(bytes), {.apis_only = false});
  for (const Problem& problem : envelope.problems)
    EXPECT_NE(problem.severity, Severity::error) << to_string(problem);
  deployments->apply(source, envelope);
}

void Lifecycle::serve(const std::vector<std::string>& apis,
                      const std::vector<std::string>& platform) {
  for (std::size_t i = 0; i < platform.size(); ++i)
    apply("platform-" + std::to_string(i) + ".json", platform[i]);
  for (std::size_t i = 0; i < apis.size(); ++i)
    apply("api-" + std::to_string(i) + ".json", apis[i]);
  deployments->publish();
  for (const plan::Refusal& refusal : proxy->plan().plan().refusals())
    ADD_FAILURE() << refusal.source << " is refused: " << ::testing::PrintToString(refusal.reasons);
}

void Lifecycle::answer_calls(const std::vector<std::string>& answers,
                             std::vector<Received>& received) {
  for (const std::unique_ptr<Peer>& peer : backend->connections) {
    Answer request = parse_request(peer->received);
    if (!request.whole || peer->over()) continue;
    std::string line = peer->received.substr(0, peer->received.find(" HTTP/1.1\r\n"));
    peer->received.erase(0, request.bytes);
    const std::string& answer = answers[std::min(received.size(), answers.size() - 1)];
    received.push_back({std::move(line), std::move(request)});
    answer == kHangUp ? peer->close() : peer->send(filled(answer));
  }
}

Lifecycle::Outcome Lifecycle::take(const Turn& turn) {
  clock.advance(turn.after);
  settle();
  Outcome outcome;
  Peer& client = ask(filled(request_of(turn)));
  bool head_only = turn.ask.starts_with("HEAD ");
  until([&] {
    answer_calls(turn.backend_says, outcome.received);
    outcome.answer = proxy::testing::parse_answer(client.received, head_only, client.over());
    return outcome.answer.whole || client.over();
  });
  settle();
  return outcome;
}

void Lifecycle::expect(const Turn& turn, const Outcome& outcome) {
  const Answer& answer = outcome.answer;
  EXPECT_TRUE(answer.whole);
  EXPECT_EQ(answer.status, turn.status) << answer.body;
  if (turn.says) EXPECT_EQ(answer.body, *turn.says);
  expect_headers(turn.has, answer, "the answer's");
  const std::vector<Received>& received = outcome.received;
  if (turn.calls) EXPECT_EQ(received.size(), *turn.calls);
  bool asks = (!turn.backend.empty() && turn.backend != "-") || !turn.backend_has.empty() ||
              turn.backend_body;
  if (turn.backend == "-") EXPECT_TRUE(received.empty()) << received.front().line;
  if (!asks) return;
  ASSERT_FALSE(received.empty()) << "the backend was not asked";
  if (!turn.backend.empty()) EXPECT_EQ(received.back().line, filled(turn.backend));
  expect_headers(turn.backend_has, received.back().message, "the backend's");
  if (turn.backend_body) EXPECT_EQ(received.back().message.body, *turn.backend_body);
}

void Lifecycle::run(const Case& made) {
  SCOPED_TRACE(made.rule);
  if (!made.gateway.empty()) configure(made.gateway);
  serve(made.apis, made.platform);
  ASSERT_FALSE(made.turns.empty()) << "a case that asks nothing";
  for (const Turn& turn : made.turns) {
    SCOPED_TRACE(request_of(turn));
    expect_turn(turn);
  }
  if (made.reported) EXPECT_EQ(reported_series(), *made.reported);
}

std::vector<std::string> Lifecycle::reported_series() const {
  std::vector<std::string> series;
  for (const report::FamilySamples& family : metrics->collect(reactor->now())) {
    if (family.family != &report::kApiRequestTime) continue;
    for (const report::Sample& sample : family.samples)
      series.push_back(sample.label_values.front() + " " + sample.label_values.back());
  }
  return series;
}

}  // namespace perigee::lifecycle
