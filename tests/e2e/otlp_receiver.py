"""An OTLP/HTTP receiver (JSON) that takes only what opentelemetry-proto's ExportTraceServiceRequest allows.

Prints "port N", then a JSON line for each span it took, with its resource's attributes. A request that is not as the
specification says is answered 400, and a line {"invalid": why} tells of it. With an argument, a number: that many
requests are answered 503 first.
"""

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VALUES = {
    "stringValue": lambda v: isinstance(v, str),
    "boolValue": lambda v: isinstance(v, bool),
    "intValue": lambda v: isinstance(v, str) and re.fullmatch(r"-?\d+", v),
    "doubleValue": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}


class Invalid(Exception):
    pass


def want(holds, why):
    if not holds:
        raise Invalid(why)


def members(value, required, optional, what):
    want(isinstance(value, dict), f"{what} is no object")
    want(set(required) <= set(value), f"{what} lacks {set(required) - set(value)}")
    want(set(value) <= set(required) | set(optional), f"{what} has {set(value) - set(required) - set(optional)}")


def attributes(values):
    out = {}
    for one in values:
        members(one, ["key", "value"], [], "an attribute")
        want(isinstance(one["key"], str) and one["key"], "an attribute has no key")
        want(one["key"] not in out, f"{one['key']} is there twice")
        want(isinstance(one["value"], dict) and len(one["value"]) == 1, f"{one['key']} has not one value")
        kind, value = next(iter(one["value"].items()))
        want(kind in VALUES and VALUES[kind](value), f"{one['key']}: {kind} {value!r}")
        out[one["key"]] = value
    return out


def is_id(text, digits):
    return isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", text) and set(text) != {"0"}


def span(value):
    members(value, ["traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"],
            ["parentSpanId", "flags", "attributes", "status"], "a span")
    want(is_id(value["traceId"], 32), "traceId")
    want(is_id(value["spanId"], 16), "spanId")
    want("parentSpanId" not in value or is_id(value["parentSpanId"], 16), "parentSpanId")
    want(isinstance(value["name"], str) and value["name"], "name")
    want(value["kind"] in range(1, 6), "kind")
    for time in ["startTimeUnixNano", "endTimeUnixNano"]:
        want(isinstance(value[time], str) and re.fullmatch(r"\d{19}", value[time]), time)
    want(int(value["startTimeUnixNano"]) <= int(value["endTimeUnixNano"]), "it ends before it starts")
    want(isinstance(value.get("flags", 0), int), "flags")
    if "status" in value:
        members(value["status"], ["code"], ["message"], "a status")
        want(value["status"]["code"] in range(0, 3), "status code")
    return dict(value, attributes=attributes(value.get("attributes", [])))


def request(value):
    out = []
    members(value, ["resourceSpans"], [], "the request")
    for one in value["resourceSpans"]:
        members(one, ["resource", "scopeSpans"], [], "a resourceSpans")
        members(one["resource"], ["attributes"], [], "a resource")
        resource = attributes(one["resource"]["attributes"])
        want("service.name" in resource, "a resource without service.name")
        for scope in one["scopeSpans"]:
            members(scope, ["scope", "spans"], [], "a scopeSpans")
            members(scope["scope"], ["name"], ["version"], "a scope")
            out += [dict(span(each), resource=resource) for each in scope["spans"]]
    ids = {(each["traceId"], each["spanId"]) for each in out}
    want(len(ids) == len(out), "a span id is there twice")
    for each in out:
        parent = each.get("parentSpanId")
        want(parent is None or (each["traceId"], parent) in ids, f"the parent of {each['name']} is not there")
    roots = [each["traceId"] for each in out if "parentSpanId" not in each]
    want(sorted(roots) == sorted({each["traceId"] for each in out}), "a trace has not one root")
    return out


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    refuse = int(sys.argv[1]) if len(sys.argv) > 1 else 0

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = 200, b"{}"
        try:
            want(self.path == "/v1/traces", f"path {self.path}")
            want(self.headers["Content-Type"] == "application/json", "Content-Type")
            spans = request(json.loads(body))
            if Handler.refuse > 0:
                Handler.refuse -= 1
                status = 503
            else:
                print("\n".join(json.dumps(each) for each in spans), flush=True)
        except (Invalid, ValueError) as fault:
            status, answer = 400, str(fault).encode()
            print(json.dumps({"invalid": str(fault)}), flush=True)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("port", server.server_port, flush=True)
server.serve_forever()
