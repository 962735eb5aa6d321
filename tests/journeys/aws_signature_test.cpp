#include "journeys/aws_signature.hpp"

#include <catch2/catch.hpp>

namespace nines::journeys {
namespace {

// Of AWS's own test suite for signature version 4.
AwsKeys example(const std::string& service) {
  return {.access_key = "AKIDEXAMPLE",
          .secret_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
          .session_token = {},
          .region = "us-east-1",
          .service = service};
}

const Time kNow = parse_time("2015-08-30T12:36:00Z").value();

std::string signature(const probes::HttpRequest& request) {
  const std::string& header = request.headers.back().second;
  return header.substr(header.find("Signature=") + 10);
}

}  // namespace

TEST_CASE("a request is signed as AWS's examples are") {
  struct Row {
    const char* method;
    const char* url;
    const char* signature;
  };
  const Row row = GENERATE(values<Row>({
      {"GET", "https://example.amazonaws.com/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"POST", "https://example.amazonaws.com/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
  }));
  CAPTURE(row.method, row.url);
  probes::HttpRequest request;
  request.method = row.method;
  request.url = row.url;
  REQUIRE(sign_aws(request, example("service"), kNow));
  CHECK(signature(request) == row.signature);
}

TEST_CASE("a request with a content type and a query is signed as in AWS's manual") {
  probes::HttpRequest request;
  request.url = "https://iam.amazonaws.com/?Version=2010-05-08&Action=ListUsers";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  REQUIRE(sign_aws(request, example("iam"), kNow));
  CHECK(request.url == "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08");
  CHECK(request.headers.back().second ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST_CASE("the query is sorted and encoded before it is signed and sent") {
  probes::HttpRequest request;
  request.url = "http://127.0.0.1:8000/a?b=2&a=x%2Fy&b=1&c&a=%7Etilde+plus";
  REQUIRE(sign_aws(request, example("service"), kNow));
  CHECK(request.url == "http://127.0.0.1:8000/a?a=x%2Fy&a=~tilde%2Bplus&b=1&b=2&c=");
}

TEST_CASE("a session's token and the body of s3 are signed, too") {
  probes::HttpRequest request;
  request.method = "PUT";
  request.url = "https://bucket.s3.amazonaws.com/a%20b/c";
  request.body = "x";
  AwsKeys keys = example("s3");
  keys.session_token = Secret("the-token");
  REQUIRE(sign_aws(request, keys, kNow));
  CHECK(request.headers.back().second.contains(
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
  CHECK(request.headers[1] == std::pair<std::string, std::string>("X-Amz-Security-Token", "the-token"));
}

}  // namespace nines::journeys
