#include "probes/http/date.hpp"

#include <algorithm>
#include <ctime>
#include <string_view>

namespace nines::probes {

namespace {

constexpr std::size_t kFixedLength = 29;  // of the first form, whose days have two digits

// What is left after `form`, which begins the text; null: it does not.
const char* read(const std::string& text, const char* form, std::tm& calendar) {
  calendar = {};
  return strptime(text.c_str(), form, &calendar);
}

// " GMT"; any other name of a zone is taken for it, as Go does with names it does not know.
bool is_zone(std::string_view text) {
  return text.size() == 4 && text[0] == ' ' &&
         std::ranges::all_of(text.substr(1), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

std::optional<Time> parse_http_date(const std::string& text) {
  std::tm calendar{};
  const char* rest = read(text, "%a, %d %b %Y %H:%M:%S GMT", calendar);
  bool good = rest != nullptr && *rest == '\0' && text.size() == kFixedLength;
  if (!good) {
    rest = read(text, "%A, %d-%b-%y %H:%M:%S", calendar);
    good = rest != nullptr && is_zone(rest);
  }
  if (!good) {
    rest = read(text, "%a %b %e %H:%M:%S %Y", calendar);
    good = rest != nullptr && *rest == '\0';
  }
  if (!good) return {};
  const int day = calendar.tm_mday;
  const std::time_t seconds = timegm(&calendar);
  if (calendar.tm_mday != day) return {};  // 31 February
  return Time(std::chrono::seconds(seconds));
}

}  // namespace nines::probes
