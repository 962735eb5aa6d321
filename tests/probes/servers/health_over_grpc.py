#!/usr/bin/python3
"""A gRPC server with grpc.health.v1.Health, made of generic handlers. What it answers follows from the service's name.

usage: health_over_grpc.py [CERTIFICATE KEY]     prints its port, serves until it is ended
"""
import sys
import time
from concurrent import futures

import grpc


def service_of(request):
    """HealthCheckRequest.service: field 1, a string."""
    return request[2:].decode() if request else ""


def check(request, context):
    service = service_of(request)
    if service == "missing":
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    if service == "slow":
        time.sleep(2)
    if service == "metadata":
        given = [value for key, value in context.invocation_metadata() if key == "x-team"]
        if given != ["red", "blue"]:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "metadata is %r" % given)
    status = {"down": 2, "undecided": 0, "later": 3, "new": 9}.get(service, 1)
    return bytes([8, status]) if status else b""


def same(message):
    return message


handler = grpc.method_handlers_generic_handler(
    "grpc.health.v1.Health",
    {"Check": grpc.unary_unary_rpc_method_handler(check, request_deserializer=same, response_serializer=same)},
)
server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
server.add_generic_rpc_handlers((handler,))
if len(sys.argv) == 3:
    with open(sys.argv[1], "rb") as certificate, open(sys.argv[2], "rb") as key:
        credentials = grpc.ssl_server_credentials([(key.read(), certificate.read())])
    port = server.add_secure_port("127.0.0.1:0", credentials)
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
