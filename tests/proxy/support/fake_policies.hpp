// Policies that do one thing each, to test what the contract promises (policy/policy.hpp).
//
//   key-less   secures a plan by asking for nothing
//   guard      secures a plan: {order, token: none|invalid|found|error, gate, challenge, deny,
//              anonymous: true, that is nobody's plan, as key-less is}
//   note       adds X-Note: {name} to the request or the response
//   wait       waits for the gate {gate}
//   fail       interrupts with a failure: {status, key, message, contentType, silent}
//   end        ends the chain normally: {status, body}
//   invoker    {kind: skip | replace | wrap | twice}
//   shout      wraps the body in one that gives capitals
//   gather     asks for the body, tells its size in X-Size
//   count      counts in worker state, tells in X-Count
//   attribute  leaves {value} in the request phase, tells it in X-Attribute in the response phase
//   set        sets the attribute {name} to {value}, a text or a boolean
//   work       keeps the worker for {ms} milliseconds, and {bytes} of memory
//   broken     reads the request body in the response phase, which has gone by then
#pragma once

#include <map>
#include <memory>
#include <string>

#include "policy/catalog.hpp"

namespace perigee::proxy::testing {

const policy::Catalog& fake_policies();

// What "wait" and "guard" wait for, by name. Opening before somebody waits lets him through.
struct Gates {
  Completion<Result<void>>& operator[](const std::string& name) {
    std::unique_ptr<Completion<Result<void>>>& gate = gates[name];
    if (!gate) gate = std::make_unique<Completion<Result<void>>>();
    return *gate;
  }
  void open(const std::string& name) { (*this)[name].complete({}); }
  bool awaited(const std::string& name) { return (*this)[name].waiting(); }
  std::map<std::string, std::unique_ptr<Completion<Result<void>>>> gates;
};
Gates& gates();

// Worker states of "count" alive now.
int states_alive();

}  // namespace perigee::proxy::testing
