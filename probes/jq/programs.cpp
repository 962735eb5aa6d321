#include "probes/jq/programs.hpp"

#include <algorithm>

extern "C" {
#include <jq.h>
#include <jv.h>
}

#include "base/text.hpp"
#include "config/jq_words.hpp"

namespace nines::probes::jq {
namespace {

constexpr std::size_t kMaxMessage = 500;

// Owns one reference to a libjq value.
class Value {
 public:
  explicit Value(jv value) : value_(value) {}
  Value(Value&& other) noexcept : value_(std::exchange(other.value_, jv_null())) {}
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  Value& operator=(Value&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Value() { jv_free(value_); }

  bool valid() const { return jv_is_valid(value_) != 0; }
  jv release() { return std::exchange(value_, jv_null()); }
  // A string's own text, anything else as JSON.
  std::string text() const { return jv_get_kind(value_) == JV_KIND_STRING ? bytes(value_) : json(); }
  std::string json() const { return bytes(Value(jv_dump_string(jv_copy(value_), JV_PRINT_SORTED)).value_); }
  // What went wrong, of an invalid value; empty: nothing did.
  std::string error() const {
    const Value message(jv_invalid_get_msg(jv_copy(value_)));
    return jv_get_kind(message.value_) == JV_KIND_NULL ? std::string() : message.text();
  }

 private:
  static std::string bytes(jv text) {
    return {jv_string_value(text), static_cast<std::size_t>(jv_string_length_bytes(jv_copy(text)))};
  }

  jv value_;
};

Value parse(std::string_view text) {
  return Value(jv_parse_sized(text.data(), static_cast<int>(text.size())));
}

// One line of what libjq says, without its own decorations and without the program or input it repeats.
std::string cleaned(std::string text) {
  if (text.starts_with("jq: error: ")) text.erase(0, 11);
  for (const char* rest : {" (Unix shell quoting issues?)", " (while parsing '", " at <top-level>", "\n"}) {
    text.erase(std::min(text.find(rest), text.size()));
  }
  return ellipsize(printable(text), kMaxMessage);
}

std::string not_json(const Value& input) {
  std::string why = cleaned(input.error());
  if (const auto at = why.find(" at EOF"); at != std::string::npos) why.erase(at, 7);
  return "the body is not JSON: " + why;
}

void first_message(void* first, jv message) {
  auto& text = *static_cast<std::string*>(first);
  const Value owned(message);
  if (text.empty()) text = owned.text();
}

void drop_message(void* /*unused*/, jv message) {
  jv_free(message);
}

// Variables come with the input, since libjq binds names at compile time only. The line's end before the bracket keeps
// a comment at the program's end from swallowing it.
std::string wrapped(const std::string& program, const std::vector<std::string>& names) {
  std::string text = ". as [$__v,$__in] | ";
  for (const std::string& name : names) text.append("$__v.").append(name).append(" as $").append(name).append(" | ");
  return text + "$__in | (" + program + "\n)";
}

struct Teardown {
  void operator()(jq_state* state) const { jq_teardown(&state); }
};

}  // namespace

struct Programs::State {
  std::string text;
  std::unique_ptr<jq_state, Teardown> compiled;
};

Programs::Programs(std::size_t limit) : limit_(limit) {}
Programs::~Programs() = default;

std::expected<Programs::State*, std::string> Programs::find(const std::string& program,
                                                            const std::vector<std::string>& names) {
  std::string text = wrapped(program, names);
  if (const auto known = by_text_.find(text); known != by_text_.end()) {
    states_.splice(states_.begin(), states_, known->second);
    return &states_.front();
  }
  if (const auto word = config::forbidden_jq_word(program)) {
    return std::unexpected("`" + *word + "` is not allowed in a jq program");
  }

  std::unique_ptr<jq_state, Teardown> state(jq_init());
  if (!state) return std::unexpected("libjq could not start");
  std::string error;
  jq_set_error_cb(state.get(), first_message, &error);
  jq_set_debug_cb(state.get(), drop_message, nullptr);
  if (jq_compile(state.get(), text.c_str()) == 0) return std::unexpected(cleaned(error));
  jq_set_error_cb(state.get(), drop_message, nullptr);

  states_.push_front({text, std::move(state)});
  by_text_.emplace(std::move(text), states_.begin());
  if (states_.size() > limit_) {
    by_text_.erase(states_.back().text);
    states_.pop_back();
  }
  return &states_.front();
}

std::expected<void, std::string> Programs::compile(const std::string& program, const std::vector<std::string>& names) {
  auto state = find(program, names);
  if (!state) return std::unexpected(state.error());
  return {};
}

std::expected<std::string, std::string> Programs::run(const std::string& program, std::string_view input,
                                                      const Variables& variables) {
  std::vector<std::string> names;
  Value values(jv_object());
  for (const auto& [name, text] : variables) {
    Value value = parse(text);
    if (!value.valid()) return std::unexpected("variable $" + name + " is not JSON");
    names.push_back(name);
    values = Value(jv_object_set(values.release(), jv_string(name.c_str()), value.release()));
  }
  const auto state = find(program, names);
  if (!state) return std::unexpected(state.error());
  Value document = parse(input);
  if (!document.valid()) return std::unexpected(not_json(document));

  jq_state* jq = (*state)->compiled.get();
  jq_start(jq, jv_array_append(jv_array_append(jv_array(), values.release()), document.release()), 0);
  std::string out = "[";
  for (std::size_t count = 0;; ++count) {
    const Value value(jq_next(jq));
    if (!value.valid()) {
      if (jq_halted(jq) != 0) return std::unexpected("the program halted");
      if (const std::string error = value.error(); !error.empty()) return std::unexpected(cleaned(error));
      return out + "]";
    }
    if (count == kMaxValues) return std::unexpected("the program gave more than 1,000 values");
    if (count > 0) out += ',';
    out += value.json();
    if (out.size() > kMaxValuesBytes) return std::unexpected("the program gave more than 1 MB");
  }
}

}  // namespace nines::probes::jq
