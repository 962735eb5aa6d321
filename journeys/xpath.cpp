#include "journeys/xpath.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/utf8.hpp"

namespace nines::journeys {
namespace {

// Steps of an evaluation. `//a//b//c` over 2 MB takes a few million.
constexpr unsigned long kMaxSteps = 5'000'000;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using XPathContext = std::unique_ptr<xmlXPathContext, Freed<xmlXPathFreeContext>>;
using XPathExpression = std::unique_ptr<xmlXPathCompExpr, Freed<xmlXPathFreeCompExpr>>;
using XPathObject = std::unique_ptr<xmlXPathObject, Freed<xmlXPathFreeObject>>;
using HtmlParser = std::unique_ptr<htmlParserCtxt, Freed<htmlFreeParserCtxt>>;
using XmlParser = std::unique_ptr<xmlParserCtxt, Freed<xmlFreeParserCtxt>>;

struct FreeText {
  void operator()(xmlChar* text) const { xmlFree(text); }
};
using XmlText = std::unique_ptr<xmlChar, FreeText>;

xmlParserInputPtr load_nothing(const char* /*url*/, const char* /*id*/, xmlParserCtxtPtr /*parser*/) {
  return nullptr;
}

void say_nothing(void* /*to*/, const char* /*format*/, ...) {}

// libxml2's globals are made once, and entities from outside are nobody's.
void initialise() {
  static std::once_flag once;
  std::call_once(once, [] {
    xmlInitParser();
    xmlSetExternalEntityLoader(&load_nothing);
  });
  // Each thread has a handler of its own; without one, stderr is told.
  thread_local bool quiet = false;
  if (!std::exchange(quiet, true)) xmlSetGenericErrorFunc(nullptr, &say_nothing);
}

const xmlChar* xml(const char* text) {
  return reinterpret_cast<const xmlChar*>(text);
}

std::string text_of(const xmlChar* text) {
  return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

// By libxml2's number of the error, which comes without a text.
std::string words_of(int code) {
  switch (code) {
    case XML_XPATH_NUMBER_ERROR:
      return "a number is malformed";
    case XML_XPATH_UNFINISHED_LITERAL_ERROR:
    case XML_XPATH_START_LITERAL_ERROR:
      return "a quote is not closed";
    case XML_XPATH_VARIABLE_REF_ERROR:
    case XML_XPATH_UNDEF_VARIABLE_ERROR:
      return "there are no variables";
    case XML_XPATH_INVALID_PREDICATE_ERROR:
      return "a predicate is not closed";
    case XML_XPATH_UNCLOSED_ERROR:
      return "a bracket is not closed";
    case XML_XPATH_UNKNOWN_FUNC_ERROR:
      return "there is no such function";
    case XML_XPATH_INVALID_OPERAND:
    case XML_XPATH_INVALID_TYPE:
      return "a value of another type is needed";
    case XML_XPATH_INVALID_ARITY:
      return "a function has too few or too many arguments";
    case XML_XPATH_UNDEF_PREFIX_ERROR:
      return "the page's root declares no such prefix";
    case XML_XPATH_EXPR_ERROR:
      return "syntax error";
    default:
      break;
  }
  return "it is too much work, or wrong";
}

// The first fault.
struct Said {
  int code = 0;
  int offset = 0;

  std::string words() const {
    return code == 0 ? words_of(XML_XPATH_EXPR_ERROR) : fmt::format("{} at column {}", words_of(code), offset + 1);
  }
};

void note_fault(void* said, xmlErrorPtr fault) {
  auto& first = *static_cast<Said*>(said);
  if (first.code == 0 && fault != nullptr) first = {fault->code, fault->int1};
}

bool names_xml(std::string_view content_type) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  return type.ends_with("/xml") || type.ends_with("+xml");
}

Json node_value(xmlNodePtr node) {
  const XmlText content(xmlNodeGetContent(node));
  return text_of(content.get());
}

Json number_value(double number) {
  const bool whole = std::trunc(number) == number && std::abs(number) < 9e15;
  if (whole) return static_cast<std::int64_t>(number);
  return std::isfinite(number) ? Json(number) : Json(nullptr);
}

}  // namespace

struct Page::Document {
  xmlDocPtr handle = nullptr;

  explicit Document(xmlDocPtr document) : handle(document) {}
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  ~Document() { xmlFreeDoc(handle); }
};

Page::Page(std::unique_ptr<Document> document) : document_(std::move(document)) {}
Page::~Page() = default;
Page::Page(Page&&) noexcept = default;
Page& Page::operator=(Page&&) noexcept = default;

Expected<void> check_xpath(std::string_view expression) {
  initialise();
  const XPathContext context(xmlXPathNewContext(nullptr));
  if (context == nullptr) return fail("libxml2 has no memory");
  Said said;
  context->error = &note_fault;
  context->userData = &said;
  context->opLimit = kMaxSteps;
  const XPathExpression compiled(xmlXPathCtxtCompile(context.get(), xml(std::string(expression).c_str())));
  if (compiled == nullptr) return fail(said.words());
  return {};
}

Page::Kind Page::kind_of(std::string_view content_type) {
  std::string lower(content_type);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; });
  return names_xml(lower) && !lower.contains("xhtml") ? Kind::xml : Kind::html;
}

Expected<Page> Page::parse(std::string_view body, Kind kind, std::string_view charset) {
  initialise();
  if (body.size() > kMaxBytes) {
    return fail(fmt::format("the body has {} bytes; expected at most {} for XPath", body.size(), kMaxBytes));
  }
  if (trim(body).empty()) return fail("the body is empty; expected a page");
  std::string encoding(charset);
  if (encoding.empty() && kind == Kind::html && !config::find_bad_byte(body)) encoding = "UTF-8";
  const char* const named = encoding.empty() ? nullptr : encoding.c_str();
  const auto size = static_cast<int>(body.size());
  if (kind == Kind::html) {
    const HtmlParser parser(htmlNewParserCtxt());
    constexpr int kOptions = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET;
    xmlDocPtr made = htmlCtxtReadMemory(parser.get(), body.data(), size, nullptr, named, kOptions);
    if (made == nullptr) return fail("the body could not be read as HTML");
    return Page(std::make_unique<Document>(made));
  }
  const XmlParser parser(xmlNewParserCtxt());
  constexpr int kOptions = XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET | XML_PARSE_NOCDATA;
  xmlDocPtr made = xmlCtxtReadMemory(parser.get(), body.data(), size, nullptr, named, kOptions);
  if (made == nullptr) {
    const xmlError* const fault = xmlCtxtGetLastError(parser.get());
    const std::string why = fault != nullptr && fault->message != nullptr ? printable(trim(fault->message)) : "";
    return fail(fmt::format("the body is not XML: line {}: {}", fault == nullptr ? 0 : fault->line, why));
  }
  auto document = std::make_unique<Document>(made);
  // Entities that stand for entities grow without bound when they are read.
  if (made->intSubset != nullptr && made->intSubset->entities != nullptr) {
    return fail("the body defines XML entities of its own; expected none");
  }
  return Page(std::move(document));
}

Expected<Page::Found> Page::find(const std::string& expression) const {
  initialise();
  const XPathContext context(xmlXPathNewContext(document_->handle));
  if (context == nullptr) return fail("libxml2 has no memory");
  Said said;
  context->error = &note_fault;
  context->userData = &said;
  context->opLimit = kMaxSteps;
  if (const xmlNodePtr root = xmlDocGetRootElement(document_->handle); root != nullptr) {
    for (const xmlNs* space = root->nsDef; space != nullptr; space = space->next) {
      if (space->prefix != nullptr) xmlXPathRegisterNs(context.get(), space->prefix, space->href);
    }
  }
  const XPathObject object(xmlXPathEvalExpression(xml(expression.c_str()), context.get()));
  if (object == nullptr) return fail(said.words());
  Found found;
  switch (object->type) {
    case XPATH_NODESET: {
      found.nodes = true;
      const xmlNodeSet* const set = object->nodesetval;
      found.count = set == nullptr ? 0 : static_cast<std::size_t>(set->nodeNr);
      for (std::size_t i = 0; i < std::min(found.count, kMaxNodes); ++i) {
        found.values.push_back(node_value(set->nodeTab[i]));
      }
      return found;
    }
    case XPATH_BOOLEAN:
      found.values.emplace_back(object->boolval != 0);
      break;
    case XPATH_NUMBER:
      found.values.push_back(number_value(object->floatval));
      break;
    case XPATH_STRING:
      found.values.emplace_back(text_of(object->stringval));
      break;
    default:
      return fail("the expression gives neither nodes nor a text, a number or a truth");
  }
  found.count = 1;
  return found;
}

}  // namespace nines::journeys
