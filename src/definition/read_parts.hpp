// The readers of the parts of a v4 definition, one file each. Private to this room.
#pragma once

#include <optional>
#include <vector>

#include "definition/object.hpp"

namespace perigee::definition {

// read_listeners.cpp
std::vector<HttpListener> read_listeners(Object& api);

// read_endpoints.cpp
std::vector<EndpointGroup> read_endpoint_groups(Object& api);

// read_options.cpp
EndpointOptions read_endpoint_options(Object options);
std::vector<Header> read_headers(Object& from, std::string_view member);

// read_services.cpp
std::optional<Service> read_service(Object service);
std::optional<HealthCheck> read_health_check(const Configuration& configuration,
                                             const Service& service, Reading& reading);

// read_flows.cpp
std::vector<Flow> read_flows(Object& from);

// read_plans.cpp
std::vector<ApiPlan> read_plans(Object& from);

// read_rest.cpp
std::optional<Analytics> read_analytics(Object analytics);
std::optional<Failover> read_failover(Object failover);
FlowExecution read_flow_execution(Object execution);
std::vector<Property> read_properties(Object& api);
std::vector<Resource> read_resources(Object& api);
std::vector<ResponseTemplate> read_response_templates(Object templates);

// read_v4.cpp
void read_v4(Object& root, Json plans_holder, Api& api);

}  // namespace perigee::definition
