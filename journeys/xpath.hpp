#pragma once

// XPath 1.0 over what a server answered. libxml2 lives here alone.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace nines::journeys {

// Whether an expression can be used: its syntax. Whether its functions and prefixes are there shows when it is used.
// Any thread.
Expected<void> check_xpath(std::string_view expression);

// A parsed page. Immutable; may move between threads, one at a time.
//
// HTML is read as browsers forgive it, names of elements and attributes in lower case; XML must be well-formed.
// Nothing is fetched, no entity is taken from outside, and XML that defines entities of its own is refused. Prefixes
// are those the root element declares; for a default namespace there is local-name().
class Page {
 public:
  enum class Kind { html, xml };
  static constexpr std::size_t kMaxBytes = 2'000'000;

  // What Content-Type says: XML when it names it, but XHTML is read as HTML.
  static Kind kind_of(std::string_view content_type);

  // Errors: too large, empty, not well-formed. `charset` as the answer names it; empty: the page says, or UTF-8.
  // Takes long enough for a large page to hold up a loop: not on one.
  static Expected<Page> parse(std::string_view body, Kind kind, std::string_view charset);

  ~Page();
  Page(Page&&) noexcept;
  Page& operator=(Page&&) noexcept;

  struct Found {
    bool nodes = false;        // a node set, else one string, number or boolean
    std::vector<Json> values;  // a node's text (an attribute's value), entities decoded; the first kMaxNodes of them
    std::size_t count = 0;     // of nodes; else 1
  };
  static constexpr std::size_t kMaxNodes = 10'000;

  // Errors: an unknown function or prefix, too much work. Bounded like parse().
  Expected<Found> find(const std::string& expression) const;

 private:
  struct Document;
  explicit Page(std::unique_ptr<Document> document);
  std::unique_ptr<Document> document_;
};

}  // namespace nines::journeys
