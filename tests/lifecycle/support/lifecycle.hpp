// The rules of lifecycle.md as cases: what is deployed, what a client asks, what the backend gets
// and says, what the client gets. Data where it can be (add_cases), code where it must be
// (TEST_F(Lifecycle, ...)); both are named after their rule: S1_2_ShorterPathWins.
//
// The way is the gateway's own: keys of the configuration become its options, definitions and
// events go through plan::Deployments, requests over sockets through http::Server and
// proxy::Proxy. Policies are the built-in ones and those of tests/proxy/support/fake_policies.hpp.
// The clock stands still until the case moves it.
#pragma once

#include "plan/deployments.hpp"
#include "tests/proxy/support/gateway.hpp"

namespace perigee::lifecycle {

using proxy::testing::Answer;
using proxy::testing::ApiText;
using proxy::testing::flow;
using proxy::testing::FlowText;
using proxy::testing::gates;
using proxy::testing::kOk;
using proxy::testing::list;
using proxy::testing::Peer;
using proxy::testing::step;

using NameValues = std::vector<std::pair<std::string, std::string>>;

// ---- Definitions and events, as JSON text. "$BACKEND" stands for the backend's URL,
// "http://127.0.0.1:8080", "$CLOSED" for one on which nobody listens.

// Without a target: that of the backend.
std::string v4(ApiText text = {});

struct V2Text {
  std::string id = "api";
  std::string path = "/a/";
  std::string engine = "v4-emulation-engine";  // or v3
  std::string target = "$BACKEND";
  std::string flows = "[]";
  std::string plan_flows = "[]";
  std::string proxy;  // more members of `proxy`, each with a comma before it
  std::string top;    // more members of the definition, the same way
};
std::string v2(const V2Text& text = {});

// A flow of v2, and of organizations. `more`: members, each with a comma before it.
std::string v2_flow(const std::vector<std::string>& pre, const std::vector<std::string>& post,
                    const std::string& path = "/", const std::string& more = "");

// An event with this payload, an object.
std::string event(const std::string& type, const std::string& payload);
// The organization DEFAULT with these flows of v2.
std::string organization(const std::vector<std::string>& flows,
                         const std::string& mode = "DEFAULT");

// ---- Steps

// Adds `name` to X-Note of the request, or of the response.
std::string note(const std::string& name, const std::string& condition = "");
// Adds the header with what the expression gives, to the request or to the response.
std::string tell(const std::string& header, const std::string& expression);
// A plan that the fake policy "guard" secures.
std::string guarded(const std::string& id, const std::string& configuration,
                    const std::string& more = "");
std::string open_plan(const std::string& id = "open", const std::string& more = "");

// ---- Cases

// The backend takes the request and closes the connection.
inline constexpr const char* kHangUp = "";

// One request of a client on a connection of its own, and what becomes of it. Expected values of
// headers are whole ones, several joined by ", "; "-": there is none; "*": any; "~x": a regular
// expression for all of it.
struct Turn {
  Duration after{};  // that pass before
  std::string ask = "GET /a/x";
  NameValues with;   // Host: client.example, unless it is named
  std::string body;  // Content-Length is added
  // For each call, the last one again and again.
  std::vector<std::string> backend_says = {kOk};

  int status = 200;
  std::optional<std::string> says;  // the body
  NameValues has;
  std::string backend;  // the request line without its version; "": any or none; "-": none
  NameValues backend_has;
  std::optional<std::string> backend_body;
  std::optional<std::size_t> calls;  // of the backend
};

struct Case {
  std::string name;
  std::string rule;  // what lifecycle.md says
  NameValues gateway;
  std::vector<std::string> apis = {v4()};
  std::vector<std::string> platform;  // events
  std::vector<Turn> turns;
  // What metrics tell afterwards, "<api> <class of status>" for each series.
  std::optional<std::vector<std::string>> reported = std::nullopt;
};

// Makes each a test, Lifecycle.<name>. For the initialization of a constant.
bool add_cases(std::vector<Case> cases);

class Lifecycle : public proxy::testing::Gateway {
 public:
  void run(const Case& made);

 protected:
  // What the backend got.
  struct Received {
    std::string line;  // "GET /x"
    Answer message;    // its fields and body
  };
  struct Outcome {
    Answer answer;
    std::vector<Received> received;
  };

  void SetUp() override;
  void TearDown() override;
  // A gateway with these keys and no others.
  void configure(const NameValues& keys);
  // Deploys these and nothing else. Errors fail the test.
  void serve(const std::vector<std::string>& apis, const std::vector<std::string>& platform = {});
  // One more file, or another version of one; published with publish().
  void apply(const std::string& source, const std::string& bytes);
  // The client's whole exchange; the backend answers each call as the turn says.
  Outcome take(const Turn& turn);
  void expect(const Turn& turn, const Outcome& outcome);
  void expect_turn(const Turn& turn) { expect(turn, take(turn)); }
  std::vector<std::string> reported_series() const;

  std::string filled(std::string text) const;  // "$BACKEND" and "$CLOSED" replaced
  // Requests that the backend has got whole are taken and answered.
  void answer_calls(const std::vector<std::string>& answers, std::vector<Received>& received);

  std::unique_ptr<plan::Deployments> deployments;
  bool overlapping = false;  // of the configuration
  std::uint16_t closed_port = 0;
};

std::string request_of(const Turn& turn);

}  // namespace perigee::lifecycle
