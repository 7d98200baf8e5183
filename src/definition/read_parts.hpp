// The readers of the parts of a definition, v4 and v2, one file each. Private to this room.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "definition/object.hpp"
#include "definition/platform.hpp"

namespace perigee::definition {

// read_listeners.cpp
std::vector<HttpListener> read_listeners(Object& api);
std::vector<ListenerPath> read_paths(Object& listener, std::string_view member,
                                     std::string_view override_member);
std::string read_context_path(Object& from, std::string_view member);
std::optional<Cors> read_cors(Object cors);
bool read_reject_null_byte(Object validation);

// read_endpoints.cpp
std::vector<EndpointGroup> read_endpoint_groups(Object& api);
// At least one; endpoints are counted over all.
std::vector<EndpointGroup> read_groups(Object& holder, std::string_view member,
                                       const std::function<EndpointGroup(Object)>& read_group);
std::string read_target(Object& from);
void read_load_balancer(Object balancer, EndpointGroup& group);
void check_endpoint_names(const std::vector<EndpointGroup>& groups, Problems& problems);
// The endpoint with what `read` adds. One in which that finds errors is left out with warnings: the
// API still deploys.
std::optional<Endpoint> unless_left_out(Object& from, Endpoint endpoint,
                                        std::span<const Hint> hints,
                                        const std::function<void(Endpoint&)>& read);

// read_options.cpp
EndpointOptions read_endpoint_options(Object options);
// The members of a group or an endpoint itself.
EndpointOptions read_v2_endpoint_options(Object& holder);
std::vector<Header> read_headers(Object& from, std::string_view member);
std::vector<Header> read_header_members(Object headers);
std::vector<Header> read_v2_headers(Object& from);  // a list or an object

// read_services.cpp
std::optional<Service> read_service(Object service, std::string_view type_member);
void refuse_discovery(Object& services, std::string_view type_member);
std::optional<HealthCheck> read_health_check(const Configuration& configuration,
                                             const Service& service, Reading& reading);
// What `read` finds; nothing when it breaks, and then the endpoints are not checked.
std::optional<HealthCheck> checked_health_check(const std::string& pointer, Reading& reading,
                                                const std::function<HealthCheck()>& read);

// read_flows.cpp
using FlowReader = Flow (*)(Object flow);
std::vector<Flow> read_flows(Object& from);
Flow read_common_flow(Object& from);  // what v4 and v2 have in common, without steps
std::vector<Flow> read_flow_list(Object& from, FlowReader read);
std::optional<MethodSet> read_methods(Object& selector);
void read_selector_path(Object& from, std::string_view operator_member, HttpSelector& selector);
std::vector<Step> read_steps(Object& flow, std::string_view phase);

// read_plans.cpp
std::vector<ApiPlan> read_plans(Object& root, Json plans_holder);
std::vector<ApiPlan> read_v2_plans(Object& root, Json plans_holder);

// read_rest.cpp
std::optional<Analytics> read_analytics(Object analytics);
std::optional<Failover> read_failover(Object failover);
FlowExecution read_flow_execution(Object execution);
std::vector<Property> read_properties(Object& api);
std::vector<Resource> read_resources(Object& api);
std::vector<ResponseTemplate> read_response_templates(Object templates);
// What the management API keeps beside a definition, in exports and in documents made from them.
void ignore_management_members(Object& root);

// read_v4.cpp
void read_v4(Object& root, Json plans_holder, Api& api);

// read_v2.cpp, read_v2_proxy.cpp, read_v2_endpoints.cpp, read_v2_health_check.cpp,
// read_v2_flows.cpp
void read_v2(Object& root, Json plans_holder, Api& api);
void read_v2_proxy(Object& proxy, const std::optional<HealthCheck>& check_of_api, Api& api);
std::vector<EndpointGroup> read_v2_groups(Object& proxy,
                                          const std::optional<HealthCheck>& check_of_api);
// Of the API or of an endpoint; nothing when it is disabled or broken.
std::optional<HealthCheck> read_v2_health_check(Object service);
std::optional<HealthCheck> read_v2_endpoint_check(Object own,
                                                  const std::optional<HealthCheck>& of_api);
std::vector<Flow> read_v2_flows(Object& from);

// read_platform.cpp
Dictionary read_dictionary(Object& payload);
Organization read_organization(Object& payload);
SharedPolicyGroup read_shared_policy_group(Object& payload);
AccessPoint read_access_point(Object& payload);

}  // namespace perigee::definition
