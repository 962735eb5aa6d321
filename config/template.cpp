#include "config/template.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
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
    std::size_t end = 0;
    while (end < text.size() && std::string_view(" \t\n'\"").find(text[end]) == std::string_view::npos &&
           !text.substr(end).starts_with("}}")) {
      ++end;
    }
    tokens.push_back({text.substr(0, end)});
    text.remove_prefix(end);
  }
}

std::string wrong(std::string_view inside, std::string_view expected) {
  return "the template `{{ " + ellipsize(printable(trim(inside)), 80) + " }}`: expected " + std::string(expected);
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

Expected<TemplatePiece> parse_expression(const std::vector<Token>& tokens, std::string_view inside) {
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

void append(std::vector<TemplatePiece>& pieces, TemplatePiece piece) {
  const bool is_text = piece.kind == Kind::text;
  if (is_text && piece.text.empty()) return;
  if (is_text && !pieces.empty() && pieces.back().kind == Kind::text) {
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

bool is_template_builtin(std::string_view name) {
  return builtin(name).has_value();
}

}  // namespace nines::config
