#include "probes/recording.hpp"

#include <utility>

namespace nines::probes {

void Recording::add(Exchanged one) {
  if (exchanges.size() >= kMost) {
    ++left_out;
    return;
  }
  one.step = step;
  one.attempt = attempt;
  if (one.answer.size() > kMostBody) {
    one.left_out = "over 1 MiB";
  } else if (bytes + one.answer.size() + one.sent.size() > kMostBytes) {
    one.left_out = "there was too much before it";
  }
  // Half a body could end in half a secret, which nothing would find.
  if (!one.left_out.empty()) one.answer.clear();
  if (one.sent.size() > kMostBody || !one.left_out.empty()) one.sent.clear();
  bytes += one.answer.size() + one.sent.size();
  exchanges.push_back(std::move(one));
}

}  // namespace nines::probes
