#include "tests/e2e/otlp.hpp"

#include <fmt/format.h>

namespace nines::e2e {
namespace {

std::string line_of(const std::string& text, std::size_t from) {
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace

OtlpReceiver::OtlpReceiver(int refused)
    : process_({"/usr/bin/python3", NINES_SOURCE_DIR "/tests/e2e/otlp_receiver.py", std::to_string(refused)}) {
  process_.wait_for_output("\n");
  port_ = line_of(process_.output(), std::string("port ").size());
}

std::string OtlpReceiver::url() const {
  return "http://127.0.0.1:" + port_;
}

std::vector<Json> OtlpReceiver::spans() const {
  std::string text = process_.output();
  text.erase(text.rfind('\n') + 1);  // a line that is being written
  std::vector<Json> out;
  for (std::size_t at = text.find('\n') + 1; at < text.size(); at = text.find('\n', at) + 1) {
    Json line = Json::parse(line_of(text, at));
    if (!line.contains("invalid")) out.push_back(std::move(line));
  }
  return out;
}

std::string OtlpReceiver::invalid() const {
  std::string out;
  const std::string text = process_.output();
  for (std::size_t at = text.find("{\"invalid\""); at != std::string::npos; at = text.find("{\"invalid\"", at + 1)) {
    out += line_of(text, at) + "\n";
  }
  return out;
}

}  // namespace nines::e2e
