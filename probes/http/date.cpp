#include "probes/http/date.hpp"

#include <ctime>

namespace nines::probes {

std::optional<Time> parse_http_date(const std::string& text) {
  for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm calendar{};
    const char* rest = strptime(text.c_str(), form, &calendar);
    if (rest == nullptr || *rest != '\0') continue;
    const int day = calendar.tm_mday;
    const std::time_t seconds = timegm(&calendar);
    if (calendar.tm_mday != day) return {};  // 31 February
    return Time(std::chrono::seconds(seconds));
  }
  return {};
}

}  // namespace nines::probes
