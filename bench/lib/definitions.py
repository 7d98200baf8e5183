"""The v4 API definitions and the gravitee.yml that the gateway under test is given."""
import json
import os

# A revision's mark, which every answer of a redeployed API carries.
REVISION_HEADER = "X-Revision"


def api(identifier, path, target, request=(), response=()):
    """An open proxy API with the given steps in one flow."""
    flow = {"name": "all", "enabled": True,
            "selectors": [{"type": "http", "path": "/", "pathOperator": "STARTS_WITH",
                           "methods": []}],
            "request": list(request), "response": list(response)}
    return {
        "id": identifier, "name": identifier, "type": "proxy", "apiVersion": "1",
        "definitionVersion": "4.0.0",
        "listeners": [{"type": "http", "paths": [{"path": path}],
                       "entrypoints": [{"type": "http-proxy"}]}],
        "endpointGroups": [{"name": "main", "type": "http-proxy",
                            "loadBalancer": {"type": "round-robin"},
                            "endpoints": [{"name": "one", "type": "http-proxy", "weight": 1,
                                           "inheritConfiguration": False,
                                           "configuration": {"target": target}}]}],
        "plans": [{"id": f"{identifier}-open", "name": "open", "mode": "standard",
                   "status": "published", "security": {"type": "key-less"}, "flows": []}],
        "flows": [flow] if request or response else [],
        "analytics": {"enabled": True},
    }


def orders(backend_port, with_policies=False):
    """The API of every speed shape; with policies: three steps, two of them under a condition."""
    target = f"http://127.0.0.1:{backend_port}/backend/v1"
    if not with_policies:
        return api("orders", "/orders/v2", target)
    return api("orders", "/orders/v2", target, request=[
        _transform(add={"X-Gateway": "perigee", "X-Forwarded-Proto": "http"},
                   remove=["X-Api-Key"],
                   condition="{#request.headers['Accept'][0] != 'text/html'}"),
        _transform(add={"X-Region": "eu-west"}, remove=["Accept-Language"]),
    ], response=[
        _transform(add={"X-Served-By": "perigee"}, remove=["Server", "X-Powered-By"],
                   condition="{#response.status == 200}"),
    ])


# What shows at the two ends that the three steps ran.
POLICY_AT_BACKEND = "x-region: eu-west"
POLICY_AT_CLIENT = "x-served-by: perigee"


def revision(number, backend_port):
    """The API that the redeploy soak changes, marked with its revision."""
    return api("orders", "/orders/v2", f"http://127.0.0.1:{backend_port}/backend/v1",
               response=[_transform(add={REVISION_HEADER: str(number)}, remove=[])])


def many(count, backend_port):
    """`count` APIs; the first is the one that the load calls, the rest have one step each."""
    target = f"http://127.0.0.1:{backend_port}/backend/v1"
    step = _transform(add={"X-Gateway": "perigee"}, remove=["X-Api-Key"])
    return [orders(backend_port)] + [
        api(f"api-{i:05}", f"/team-{i % 40}/service-{i:05}/v1", target, request=[step])
        for i in range(1, count)]


def _transform(add, remove, condition=None):
    step = {"name": "headers", "enabled": True, "policy": "transform-headers",
            "configuration": {
                "addHeaders": [{"name": name, "value": value} for name, value in add.items()],
                "removeHeaders": remove}}
    return step | ({"condition": condition} if condition else {})


def write(folder, definitions):
    """One file per API, each put in place whole."""
    os.makedirs(folder, exist_ok=True)
    for definition in definitions:
        replace(os.path.join(folder, definition["id"] + ".json"), definition)


def replace(path, definition):
    draft = path + ".draft"
    with open(draft, "w") as file:
        json.dump(definition, file)
    os.rename(draft, path)


def configuration(port, node_port, apis, certificate=None):
    """A gravitee.yml: one listener, node API without authentication, definitions from a folder."""
    return f"""\
http:
  host: 127.0.0.1
  port: {port}
  instances: 1
{_tls(certificate)}
services:
  core:
    http:
      enabled: true
      host: 127.0.0.1
      port: {node_port}
      authentication:
        type: none
  metrics:
    enabled: true
    prometheus:
      enabled: true
  sync:
    repository:
      enabled: false
    local:
      enabled: true
      path: {apis}
"""


def _tls(certificate):
    if not certificate:
        return ""
    return f"""\
  secured: true
  ssl:
    keystore:
      type: pem
      certificates:
        - cert: {certificate.chain}
          key: {certificate.key}
"""
