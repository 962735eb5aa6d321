#pragma once

// AWS signature version 4 of a request ("Create a signed AWS API request", AWS General Reference).
//
// Made here and not by libcurl 7.88's CURLOPT_AWS_SIGV4: that one signs a query as it is given, and headers that are
// taken out of the request.

#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "probes/http/exchange.hpp"

namespace nines::journeys {

struct AwsKeys {
  std::string access_key;
  Secret secret_key;
  Secret session_token;  // empty: none
  std::string region;
  std::string service;
};

// Sorts and encodes the query of the request's URL, then adds X-Amz-Date, X-Amz-Security-Token,
// X-Amz-Content-Sha256 (of s3 alone) and Authorization. Signed are these, Host and Content-Type: what proxies and
// libcurl may add or change is not. Errors: a URL that is none.
Expected<void> sign_aws(probes::HttpRequest& request, const AwsKeys& keys, Time now);

}  // namespace nines::journeys
