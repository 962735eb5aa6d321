#include "config/jq_words.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace nines::config {
namespace {

constexpr std::string_view kForbidden[] = {"import", "include", "input",      "inputs",     "debug",          "stderr",
                                           "env",    "halt",    "halt_error", "modulemeta", "get_search_list"};

// The last two are what the program is wrapped in binds.
constexpr std::string_view kReserved[] = {"__loc__", "and", "as",      "break", "catch",  "def",     "elif",
                                          "else",    "end", "foreach", "if",    "import", "include", "label",
                                          "module",  "or",  "reduce",  "then",  "try",    "__v",     "__in"};

bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool in_word(char c) {
  return starts_word(c) || (c >= '0' && c <= '9');
}

class Words {
 public:
  explicit Words(std::string_view program) : text_(program) {}

  std::optional<std::string> forbidden() {
    while (at_ < text_.size()) {
      if (inside('"')) {
        step_string();
      } else if (auto word = step_program()) {
        return word;
      }
    }
    return std::nullopt;
  }

  // After forbidden() has gone through all of the program.
  std::vector<std::string> free_variables() const {
    std::vector<std::string> names;
    std::set<std::string_view> known = bound_;
    known.insert({"", "__loc__"});
    for (const std::string_view name : used_) {
      if (known.insert(name).second) names.emplace_back(name);
    }
    return names;
  }

 private:
  // What is open, innermost last: ( [ { and " as they are, i for the \( … ) inside a string.
  bool inside(char what) const { return !open_.empty() && open_.back() == what; }

  void step_string() {
    const char c = text_[at_++];
    if (c == '"') {
      open_.pop_back();
    } else if (c == '\\' && at_ < text_.size() && text_[at_++] == '(') {
      open_.push_back('i');
    }
  }

  std::optional<std::string> step_program() {
    const char c = text_[at_];
    if (starts_word(c)) return take_word();
    if (c == '#') {
      skip_comment();
      return std::nullopt;
    }
    ++at_;
    end_binding(c);
    if (std::string_view("\"([{").find(c) != std::string_view::npos) {
      open_.push_back(c);
    } else if (std::string_view(")]}").find(c) != std::string_view::npos) {
      if (!open_.empty()) open_.pop_back();
    } else if (c == '$') {
      return take_variable();
    } else if (c == '.') {
      word();  // a field, or a fraction's digits
    }
    return std::nullopt;
  }

  std::string_view word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  std::optional<std::string> take_word() {
    const std::string_view found = word();
    begin_binding(found);
    if (std::ranges::find(kForbidden, found) == std::end(kForbidden)) return std::nullopt;
    skip_blanks();
    if (inside('{') && text_.substr(at_).starts_with(':')) return std::nullopt;  // a key; in [a:b] it would be a call
    return std::string(found);
  }

  // jq allows blanks and comments between $ and the name.
  std::optional<std::string> take_variable() {
    skip_blanks();
    const std::string_view name = word();
    if (binder_ == Binder::none) {
      used_.push_back(name);
    } else {
      bound_.insert(name);
    }
    if (binder_ == Binder::label) binder_ = Binder::none;
    if (name == "ENV") return "$ENV";
    return std::nullopt;
  }

  // `as` binds all names of the pattern up to | or (, `def` those up to its colon, `label` the next one.
  enum class Binder { none, as, def, label };

  void begin_binding(std::string_view found) {
    if (found != "as" && found != "def" && found != "label") return;
    if (inside('{') && text_.substr(at_).starts_with(':')) return;  // a key
    binder_ = found == "as" ? Binder::as : found == "def" ? Binder::def : Binder::label;
    binder_depth_ = open_.size();
  }

  void end_binding(char c) {
    if (open_.size() > binder_depth_) return;
    const bool ends = (binder_ == Binder::as && (c == '|' || c == '(')) || (binder_ == Binder::def && c == ':');
    if (ends) binder_ = Binder::none;
  }

  void skip_blanks() {
    while (at_ < text_.size()) {
      if (text_[at_] == '#') {
        skip_comment();
      } else if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
    }
  }

  void skip_comment() { at_ = std::min(text_.find_first_of("\r\n", at_), text_.size()); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<char> open_;
  Binder binder_ = Binder::none;
  std::size_t binder_depth_ = 0;
  std::vector<std::string_view> used_;
  std::set<std::string_view> bound_;
};

}  // namespace

std::optional<std::string> forbidden_jq_word(std::string_view program) {
  return Words(program).forbidden();
}

std::vector<std::string> jq_variables(std::string_view program) {
  Words words(program);
  while (words.forbidden()) {
  }
  return words.free_variables();
}

bool is_reserved_jq_name(std::string_view name) {
  return std::ranges::find(kReserved, name) != std::end(kReserved);
}

}  // namespace nines::config
