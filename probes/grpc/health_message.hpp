#pragma once

// The two messages of grpc.health.v1, framed as gRPC sends them over HTTP/2, written and read by hand: each has one
// field. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, .../src/proto/grpc/health/v1/health.proto

#include <optional>
#include <string>
#include <string_view>

namespace nines::probes {

// HealthCheckRequest{service}, with its five bytes of frame.
std::string health_request(std::string_view service);

// HealthCheckResponse.status of a framed answer: 0 UNKNOWN, 1 SERVING, 2 NOT_SERVING, 3 SERVICE_UNKNOWN, or what later
// versions have. Nothing: no such message (malformed, compressed, cut).
std::optional<int> health_status(std::string_view body);

// "SERVING", "status 7".
std::string health_status_name(int status);
// Of the call: "UNAVAILABLE", "status 99".
std::string grpc_status_name(int status);

}  // namespace nines::probes
