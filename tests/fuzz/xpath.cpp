// What a capture reads of a page: the first line is an XPath expression, the rest a page of any bytes. Nothing of it
// makes more nodes than are kept, or a fault without a sentence.

#include "journeys/xpath.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using nines::journeys::Page;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string expression(text.substr(0, line));
  const auto checked = nines::journeys::check_xpath(expression);
  if (!checked && checked.error().message.empty()) std::abort();
  const auto kind = data[0] % 2 == 0 ? Page::Kind::html : Page::Kind::xml;
  const auto page = Page::parse(text.substr(line + 1), kind, data[0] % 3 == 0 ? "utf-8" : "");
  if (!page) {
    if (page.error().message.empty()) std::abort();
    return 0;
  }
  const auto found = page->find(expression);
  if (!found) {
    if (found.error().message.empty()) std::abort();
    return 0;
  }
  if (!checked || found->values.size() > Page::kMaxNodes || (found->nodes && found->values.size() > found->count)) {
    std::abort();
  }
  return 0;
}
