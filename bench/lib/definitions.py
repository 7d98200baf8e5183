"""The v4 API definitions and the gravitee.yml that the gateway under test is given."""
import json
import os
from dataclasses import dataclass

from . import need, paths

# A revision's mark, which every answer of a redeployed API carries.
REVISION_HEADER = "X-Revision"


def flow(path="/", *, name="all", methods=(), operator="STARTS_WITH", condition=None, request=(),
         response=()):
    selectors = [{"type": "http", "path": path, "pathOperator": operator, "methods": methods}]
    if condition:
        selectors.append({"type": "condition", "condition": condition})
    return {"name": name, "enabled": True, "selectors": selectors, "request": list(request),
            "response": list(response)}


def api(identifier, path, target, flows=()):
    """An open proxy API with these flows."""
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
        "flows": list(flows),
        "analytics": {"enabled": True},
    }


def _three_steps():
    """Of the shape `policies`: two of them under a condition."""
    return [flow(request=[
        transform(add={"X-Gateway": "perigee", "X-Forwarded-Proto": "http"},
                  remove=["X-Api-Key"],
                  condition="{#request.headers['Accept'][0] != 'text/html'}"),
        transform(add={"X-Region": "eu-west"}, remove=["Accept-Language"]),
    ], response=[
        transform(add={"X-Served-By": "perigee"}, remove=["Server", "X-Powered-By"],
                  condition="{#response.status == 200}"),
    ])]


def _ten_flows():
    """Of the shape `definition`: the request matches the first three, which have six steps and four
    expressions; the other seven are told apart from it by path, method or condition."""
    hidden = transform(add={"X-Flow": "of another request"}, remove=["Cookie"])
    return [
        flow(name="all", request=[
            transform(add={"X-Gateway": "perigee"}, remove=["X-Api-Key"],
                      condition="{#request.headers['Accept'][0] != 'text/html'}"),
            transform(add={"X-Page-Size": "{#request.params['limit'][0]}"}, remove=[]),
        ], response=[transform(add={"X-Served-By": "perigee"}, remove=["Server"])]),
        flow("/customers/:customer", name="a customer", methods=["GET", "HEAD"], request=[
            _assign({"correlation": "{#request.headers['X-Request-Id'][0]}"}),
        ]),
        flow("/customers", name="English",
             condition="{#request.headers['Accept-Language'][0].startsWith('en')}",
             request=[transform(add={"X-Region": "eu-west"}, remove=["Accept-Language"])],
             response=[transform(add={"Content-Language": "en"}, remove=["X-Powered-By"])]),
        flow("/customers", name="changes", methods=["POST", "PUT", "PATCH", "DELETE"],
             request=[hidden]),
        flow("/customers", name="all customers", operator="EQUALS", request=[hidden]),
        flow("/customers/:customer/invoices", name="invoices", request=[hidden]),
        flow("/products", name="products", request=[hidden], response=[hidden]),
        flow("/products/:product/prices", name="prices", methods=["GET"], request=[hidden]),
        flow("/internal", name="internal", request=[hidden]),
        flow("/health", name="health", operator="EQUALS", methods=["GET"], response=[hidden]),
    ]


@dataclass(frozen=True)
class Orders:
    """What the API of the speed shapes may do; `marks` are the headers that show at the backend and
    at the client that it did."""
    flows: object = list
    marks: tuple = ()


ORDERS = {
    "plain": Orders(),
    "policies": Orders(_three_steps, ("x-region: eu-west", "x-served-by: perigee")),
    "definition": Orders(_ten_flows, ("x-page-size: 20", "content-language: en")),
}


def orders(backend_port, kind="plain"):
    """The API of every speed shape."""
    return api("orders", "/orders/v2", f"http://127.0.0.1:{backend_port}/backend/v1",
               ORDERS[kind].flows())


def revision(number, backend_port):
    """The API that the redeploy soak changes, marked with its revision."""
    return api("orders", "/orders/v2", f"http://127.0.0.1:{backend_port}/backend/v1",
               [flow(response=[transform(add={REVISION_HEADER: str(number)}, remove=[])])])


def many(count, backend_port):
    """`count` APIs; the first is the one that the load calls, the rest have one step each."""
    target = f"http://127.0.0.1:{backend_port}/backend/v1"
    step = transform(add={"X-Gateway": "perigee"}, remove=["X-Api-Key"])
    return [orders(backend_port)] + [
        api(f"api-{i:05}", f"/team-{i % 40}/service-{i:05}/v1", target, [flow(request=[step])])
        for i in range(1, count)]


def median():
    """The definition of the median size among the v4 ones of the compatibility data, with an open
    plan when it has none."""
    folder = os.path.join(os.environ.get("PERIGEE_COMPAT_DIR") or
                          os.path.join(paths.ROOT, "..", "shared", "compat"), "apis", "v4")
    try:
        files = sorted((os.path.join(folder, name) for name in os.listdir(folder)),
                       key=os.path.getsize)
    except OSError as error:
        need.fail(f"no compatibility data: set PERIGEE_COMPAT_DIR ({error})")
    with open(files[len(files) // 2]) as file:
        found = json.load(file)
    return {"plans": api("", "/", "")["plans"]} | found


def copies(definition, numbers):
    """The same definition with ids and paths of their own."""
    listener = definition["listeners"][0]
    return [definition | {"id": f"copy-{i:05}",
                          "listeners": [listener | {"paths": [{"path": f"/team-{i:05}/service"}]}]}
            for i in numbers]


def transform(add, remove, condition=None):
    step = {"name": "headers", "enabled": True, "policy": "transform-headers",
            "configuration": {
                "addHeaders": [{"name": name, "value": value} for name, value in add.items()],
                "removeHeaders": remove}}
    return step | ({"condition": condition} if condition else {})


def _assign(values):
    return {"name": "attributes", "enabled": True, "policy": "policy-assign-attributes",
            "configuration": {"attributes": [{"name": name, "value": value}
                                             for name, value in values.items()]}}


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
