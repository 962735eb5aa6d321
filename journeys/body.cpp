#include "journeys/body.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/credentials.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "probes/async/off_loop.hpp"

namespace nines::journeys {
namespace {

using probes::Task;

Expected<std::string> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
  std::string bytes(kMaxFile + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) return fail(fmt::format("{} cannot be read", path));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > kMaxFile) return fail(fmt::format("{} is too large: expected at most {} bytes", path, kMaxFile));
  return bytes;
}

// The files of a step in their order, one empty text for a field without.
Task<Expected<std::vector<std::string>>> read_all(const Context* run, std::vector<std::string> paths) {
  Expected<std::vector<std::string>> out;
  const auto work = [&] {
    for (const std::string& path : paths) {
      auto bytes = path.empty() ? Expected<std::string>() : read(path);
      if (!bytes) {
        out = std::unexpected(bytes.error());
        return;
      }
      out->push_back(std::move(*bytes));
    }
  };
  co_await probes::off_loop(run->engine.loop(), work);
  co_return out;
}

// In a quoted string of a part's header, as browsers write it (RFC 7578, 4.2).
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "%22";
        break;
      case '\r':
        out += "%0D";
        break;
      case '\n':
        out += "%0A";
        break;
      default:
        out += c;
    }
  }
  return out + "\"";
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

// The values of a form's fields, in order.
Expected<std::vector<std::string>> values_of(const Context& run, const config::Step& step) {
  std::vector<std::string> values;
  for (const config::FormField& field : step.form) {
    auto value = field.file.empty() ? run.variables.text(field.value) : Expected<std::string>();
    if (!value) return fail(fmt::format("the form's field {}: {}", field.name, value.error().message));
    values.push_back(std::move(*value));
  }
  return values;
}

std::string shown_form(const config::Step& step, const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const config::FormField& field = step.form[i];
    std::string value = field.file.empty() ? values[i] : "@" + file_name(field.file);
    if (names_credentials(field.name)) value = "<secret>";
    out += fmt::format("{}{}={}", out.empty() ? "" : "\n", field.name, value);
  }
  return out;
}

Body urlencoded(const config::Step& step, const std::vector<std::string>& values) {
  Body body{.bytes = {}, .type = "application/x-www-form-urlencoded", .shown = shown_form(step, values)};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) body.bytes += '&';
    body.bytes += form_encode(step.form[i].name) + "=" + form_encode(values[i]);
  }
  return body;
}

Body multipart(const config::Step& step, const std::vector<std::string>& values,
               const std::vector<std::string>& files) {
  const std::string boundary = "nines-" + make_uuid();
  Body body{.bytes = {}, .type = "multipart/form-data; boundary=" + boundary, .shown = shown_form(step, values)};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const config::FormField& field = step.form[i];
    const bool is_file = !field.file.empty();
    body.bytes += fmt::format("--{}\r\nContent-Disposition: form-data; name={}", boundary, in_quotes(field.name));
    if (is_file) body.bytes += "; filename=" + in_quotes(file_name(field.file));
    std::string type = field.content_type;
    if (type.empty() && is_file) type = "application/octet-stream";
    if (!type.empty()) body.bytes += "\r\nContent-Type: " + type;
    body.bytes += "\r\n\r\n" + (is_file ? files[i] : values[i]) + "\r\n";
  }
  body.bytes += fmt::format("--{}--\r\n", boundary);
  return body;
}

Task<Expected<Body>> make_form(const Context* run, const config::Step* step) {
  const auto values = values_of(*run, *step);
  if (!values) co_return std::unexpected(values.error());
  std::vector<std::string> paths;
  for (const config::FormField& field : step->form) paths.push_back(field.file);
  if (std::ranges::all_of(paths, &std::string::empty)) co_return urlencoded(*step, *values);
  const auto files = co_await read_all(run, std::move(paths));
  if (!files) co_return std::unexpected(files.error());
  co_return multipart(*step, *values, *files);
}

}  // namespace

Task<Expected<Body>> make_body(const Context* run, const config::Step* step) {
  if (!step->form.empty()) co_return co_await make_form(run, step);
  if (!step->body_file.empty()) {
    auto files = co_await read_all(run, {step->body_file});
    if (!files) co_return std::unexpected(files.error());
    co_return Body{.bytes = std::move(files->front()), .type = {}, .shown = "@" + file_name(step->body_file)};
  }
  Body body;
  if (step->body) {
    auto text = run->variables.text(*step->body);
    if (!text) co_return std::unexpected(text.error());
    body.bytes = std::move(*text);
  } else if (step->json != nullptr) {
    const auto json = run->variables.json(*step->json);
    if (!json) co_return std::unexpected(json.error());
    body.bytes = dump_json(*json);
    body.type = "application/json";
  }
  body.shown = body.bytes;
  co_return body;
}

std::string form_encode(std::string_view text) {
  std::string out = percent_encode(text);
  for (std::size_t at = 0; (at = out.find("%20", at)) != std::string::npos; ++at) out.replace(at, 3, "+");
  return out;
}

}  // namespace nines::journeys
