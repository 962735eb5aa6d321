#include "config/template.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "config/names.hpp"

namespace nines::config {
namespace {

using Kind = TemplatePiece::Kind;

struct Token {
  std::string_view text;
  bool quoted = false;
};

constexpr std::pair<std::string_view, Kind> kBuiltins[] = {
    {"uuid", Kind::uuid},     {"now", Kind::now},       {"unix_ms", Kind::unix_ms},
    {"random", Kind::random}, {"run_id", Kind::run_id},
};

constexpr std::pair<std::string_view, TemplateFilter::Kind> kFilters[] = {
    {"json", TemplateFilter::Kind::json},
    {"urlencode", TemplateFilter::Kind::urlencode},
    {"base64", TemplateFilter::Kind::base64},
    {"upper", TemplateFilter::Kind::upper},
    {"lower", TemplateFilter::Kind::lower},
    {"sha256", TemplateFilter::Kind::sha256},
    {"hmac_sha256", TemplateFilter::Kind::hmac_sha256},
};

std::optional<Kind> builtin(std::string_view name) {
  const auto* found = std::ranges::find(kBuiltins, name, &std::pair<std::string_view, Kind>::first);
  if (found == std::end(kBuiltins)) return std::nullopt;
  return found->second;
}

// Takes the words up to and including }} off `text`.
Expected<std::vector<Token>> take_tokens(std::string_view& text) {
  std::vector<Token> tokens;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
    if (text.empty()) return fail("a template `{{` is not closed: expected `}}`");
    if (text.starts_with("}}")) {
      text.remove_prefix(2);
      return tokens;
    }
    const char quote = text[0];
    if (quote == '\'' || quote == '"') {
      const std::size_t end = text.find(quote, 1);
      if (end == std::string_view::npos) return fail(std::string("a quote ") + quote + " in a template is not closed");
      tokens.push_back({text.substr(1, end - 1), true});
      text.remove_prefix(end + 1);
      continue;
    }
    if (quote == '|') {
      tokens.push_back({text.substr(0, 1)});
      text.remove_prefix(1);
      continue;
    }
    std::size_t end = 0;
    while (end < text.size() && std::string_view(" \t\n'\"|").find(text[end]) == std::string_view::npos &&
           !text.substr(end).starts_with("}}")) {
      ++end;
    }
    tokens.push_back({text.substr(0, end)});
    text.remove_prefix(end);
  }
}

std::string shown(std::string_view text) {
  return ellipsize(printable(trim(text)), 80);
}

std::string wrong(std::string_view inside, std::string_view expected) {
  return "the template `{{ " + shown(inside) + " }}`: expected " + std::string(expected);
}

bool parse_offset(std::string_view text, Micros& out) {
  const bool negative = text.starts_with('-');
  if (!negative && !text.starts_with('+')) return false;
  const auto length = parse_duration(text.substr(1));
  if (!length) return false;
  out = negative ? -*length : *length;
  return true;
}

// The conversions of C's strftime, without its E and O forms.
bool is_time_format(std::string_view format) {
  constexpr std::string_view kConversions = "aAbBcCdDeFgGhHIjmMnprRsStTuUVwWxXyYzZ%";
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (++i == format.size() || kConversions.find(format[i]) == std::string_view::npos) return false;
  }
  return !format.empty();
}

bool parse_whole(std::string_view text, std::int64_t& out) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end;
}

bool parse_now(std::vector<Token> arguments, TemplatePiece& piece) {
  if (std::ranges::any_of(arguments, [](const Token& token) { return !token.quoted; })) return false;
  if (!arguments.empty() && parse_offset(arguments[0].text, piece.offset)) arguments.erase(arguments.begin());
  if (arguments.empty()) return true;
  piece.text = arguments[0].text;
  return arguments.size() == 1 && is_time_format(piece.text);
}

bool parse_random(const std::vector<Token>& arguments, TemplatePiece& piece) {
  return arguments.size() == 2 && parse_whole(arguments[0].text, piece.low) &&
         parse_whole(arguments[1].text, piece.high) && piece.low <= piece.high;
}

Expected<TemplateFilter> parse_filter(std::span<const Token> tokens, std::string_view inside) {
  if (tokens.empty() || tokens[0].quoted) return fail(wrong(inside, "a filter after |, such as urlencode"));
  const auto* const known =
      std::ranges::find(kFilters, tokens[0].text, &std::pair<std::string_view, TemplateFilter::Kind>::first);
  if (known == std::end(kFilters)) {
    return fail("the template `{{ " + shown(inside) + " }}`: `" + shown(tokens[0].text) +
                "` is no filter: expected json, urlencode, base64, upper, lower, sha256 or hmac_sha256");
  }
  TemplateFilter filter{known->second, {}};
  if (filter.kind != TemplateFilter::Kind::hmac_sha256) {
    if (tokens.size() > 1) return fail(wrong(inside, "nothing after the filter " + std::string(known->first)));
    return filter;
  }
  if (tokens.size() != 2 || tokens[1].text.empty() || (!tokens[1].quoted && !is_identifier(tokens[1].text))) {
    return fail(wrong(inside, "one key after hmac_sha256, a name or a quoted text"));
  }
  filter.key = tokens[1].text;
  filter.key_is_text = tokens[1].quoted;
  return filter;
}

Expected<TemplatePiece> parse_value(std::span<const Token> tokens, std::string_view inside) {
  if (tokens.empty()) return fail("a template `{{ }}` is empty: expected a name");
  const std::vector<Token> arguments(tokens.begin() + 1, tokens.end());
  TemplatePiece piece;
  piece.text = tokens[0].text;
  if (tokens[0].quoted) {
    if (!arguments.empty()) return fail(wrong(inside, "nothing after the quoted text"));
    return piece;
  }
  const auto kind = builtin(tokens[0].text);
  piece.kind = kind.value_or(Kind::variable);
  if (piece.kind != Kind::variable) piece.text.clear();
  if (piece.kind == Kind::now) {
    if (!parse_now(arguments, piece)) {
      return fail(wrong(inside, "now, now '+1h', now '%Y-%m-%d' or now '+1h' '%Y-%m-%d'"));
    }
  } else if (piece.kind == Kind::random) {
    if (!parse_random(arguments, piece))
      return fail(wrong(inside, "two whole numbers, the smaller first: random 1 100"));
  } else if (piece.kind == Kind::variable && !is_identifier(piece.text)) {
    return fail(wrong(inside, "a name of letters, digits and _"));
  } else if (!arguments.empty()) {
    return fail(wrong(inside, "nothing after " + std::string(tokens[0].text)));
  }
  return piece;
}

bool is_pipe(const Token& token) {
  return !token.quoted && token.text == "|";
}

// VALUE | FILTER | FILTER …
Expected<TemplatePiece> parse_expression(std::span<const Token> tokens, std::string_view inside) {
  auto pipe = std::ranges::find_if(tokens, is_pipe);
  auto piece = parse_value({tokens.begin(), pipe}, inside);
  while (piece && pipe != tokens.end()) {
    const auto next = std::find_if(pipe + 1, tokens.end(), is_pipe);
    auto filter = parse_filter({pipe + 1, next}, inside);
    if (!filter) return std::unexpected(filter.error());
    if (piece->filters.size() == kMaxFilters) {
      return fail(wrong(inside, "at most " + std::to_string(kMaxFilters) + " filters"));
    }
    piece->filters.push_back(std::move(*filter));
    pipe = next;
  }
  return piece;
}

bool is_plain_text(const TemplatePiece& piece) {
  return piece.kind == Kind::text && piece.filters.empty();
}

void append(std::vector<TemplatePiece>& pieces, TemplatePiece piece) {
  const bool is_text = is_plain_text(piece);
  if (is_text && piece.text.empty()) return;
  if (is_text && !pieces.empty() && is_plain_text(pieces.back())) {
    pieces.back().text += piece.text;
  } else {
    pieces.push_back(std::move(piece));
  }
}

TemplatePiece literal(std::string_view text) {
  TemplatePiece piece;
  piece.text = text;
  return piece;
}

}  // namespace

Expected<std::vector<TemplatePiece>> parse_template(std::string_view text) {
  std::vector<TemplatePiece> pieces;
  for (;;) {
    const std::size_t open = text.find("{{");
    append(pieces, literal(text.substr(0, open)));
    if (open == std::string_view::npos) return pieces;
    text.remove_prefix(open + 2);
    const std::string_view rest = text;
    auto tokens = take_tokens(text);
    if (!tokens) return std::unexpected(tokens.error());
    auto piece = parse_expression(*tokens, rest.substr(0, rest.size() - text.size() - 2));
    if (!piece) return std::unexpected(piece.error());
    append(pieces, std::move(*piece));
  }
}

std::string write_template(const TemplatePiece& piece) {
  std::string out;
  if (piece.kind == Kind::text) {
    std::string_view rest = piece.text;
    for (std::size_t open = rest.find("{{"); open != std::string_view::npos; open = rest.find("{{")) {
      out.append(rest.substr(0, open)).append("{{ '{{' }}");
      rest.remove_prefix(open + 2);
    }
    return out.append(rest);
  }
  out = "{{ " + piece.text;
  for (const TemplateFilter& filter : piece.filters) {
    const auto* const known =
        std::ranges::find(kFilters, filter.kind, &std::pair<std::string_view, TemplateFilter::Kind>::second);
    out.append(" | ").append(known->first);
    if (filter.kind != TemplateFilter::Kind::hmac_sha256) continue;
    const char* const quote = !filter.key_is_text ? "" : filter.key.contains('\'') ? "\"" : "'";
    out.append(" ").append(quote).append(filter.key).append(quote);
  }
  return out + " }}";
}

bool is_template_builtin(std::string_view name) {
  return builtin(name).has_value();
}

}  // namespace nines::config
