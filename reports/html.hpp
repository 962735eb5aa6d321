#pragma once

// Writes HTML that cannot be broken out of: text and attribute values are escaped, elements are closed in order.
// Internal to reports/. Not thread-safe; one per document.
//
//   Html html;
//   html.open("p", {{"class", "note"}}).text("a < b").close();   // <p class="note">a &lt; b</p>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nines::reports {

// & < > " ' as references; what is no UTF-8, and control characters but tab and newline, as U+FFFD.
std::string escape_html(std::string_view text);

// As escape_html, without the references.
std::string well_formed(std::string_view text);

class Html {
 public:
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Tag and attribute names, and the argument of markup(), are ours: never text from outside.
  Html& open(std::string_view tag, Attributes attributes = {});
  Html& text(std::string_view text);
  Html& close();  // the innermost open element
  Html& element(std::string_view tag, Attributes attributes, std::string_view content);
  Html& empty(std::string_view tag, Attributes attributes = {});  // one without an end tag
  Html& leaf(std::string_view tag, Attributes attributes);        // one of SVG without content
  Html& markup(std::string_view markup);
  Html& line();  // a line break of the source

  std::string take() &&;  // closes what is open

 private:
  void start(std::string_view tag, Attributes attributes, std::string_view end = ">");

  std::string out_;
  std::vector<std::string_view> open_;
};

}  // namespace nines::reports
