#include "agent/pdf.hpp"

#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/harness/scratch.hpp"

using namespace nines;
using namespace nines::agent;

namespace {

// PATH for the length of a test case.
class PathIs {
 public:
  explicit PathIs(const std::string& path) : before_(std::getenv("PATH")) { ::setenv("PATH", path.c_str(), 1); }
  ~PathIs() { ::setenv("PATH", before_.c_str(), 1); }
  PathIs(const PathIs&) = delete;
  PathIs& operator=(const PathIs&) = delete;

 private:
  std::string before_;
};

// A directory with a program of that name.
std::string put(const harness::TempDir& directory, const std::string& name, const std::string& script) {
  std::filesystem::permissions(directory.write(name, "#!/bin/sh\n" + script), std::filesystem::perms::owner_all);
  return directory.path().string();
}

const Time kMade = parse_time("2026-11-01T06:00:00.5Z").value();

}  // namespace

TEST_CASE("both dates of a PDF are set in place, and nothing else") {
  std::string pdf =
      "%PDF-1.4\n<</Title (D:20261126200522)\n/CreationDate (D:20261126200522+00'00')\n/ModDate "
      "(D:20261126200522+00'00')>>";
  set_pdf_dates(pdf, kMade);
  CHECK(pdf ==
        "%PDF-1.4\n<</Title (D:20261126200522)\n/CreationDate (D:20261101060000+00'00')\n/ModDate "
        "(D:20261101060000+00'00')>>");
  std::string cut = "/ModDate (D:2026";
  set_pdf_dates(cut, kMade);
  CHECK(cut == "/ModDate (D:2026");
}

TEST_CASE("the browser is the first of its names on PATH that may be run") {
  const harness::TempDir first;
  const harness::TempDir second;
  first.write("chromium", "not executable");
  put(first, "google-chrome", "");
  const std::string other = put(second, "chromium", "");
  const PathIs path(first.path().string() + "::" + other);
  CHECK(find_browser() == other + "/chromium");
}

TEST_CASE("without a browser a PDF is refused in one sentence") {
  const harness::TempDir nothing;
  const PathIs path(nothing.path().string());
  const auto pdf = print_pdf("<p>x", kMade);
  REQUIRE_FALSE(pdf);
  CHECK(pdf.error().message ==
        "a PDF is printed by Chromium, and none of chromium, chromium-browser and google-chrome is on PATH: install "
        "one, or write --format html and print that");
}

TEST_CASE("a browser that prints nothing is quoted, and sees none of this process's environment") {
  const harness::TempDir directory;
  const std::string path =
      put(directory, "chromium", "echo first >&2\necho \"no display, $NINES_TEST_SECRET\" >&2\nexit 1\n");
  ::setenv("NINES_TEST_SECRET", "hunter2", 1);
  const PathIs only(path + ":/usr/bin:/bin");
  const auto pdf = print_pdf("<p>x", kMade);
  ::unsetenv("NINES_TEST_SECRET");
  REQUIRE_FALSE(pdf);
  CHECK(pdf.error().message == path + "/chromium printed no PDF; it said last: no display,");
}

TEST_CASE("the same document gives the same PDF, with the report's dates") {
  if (find_browser().empty()) {
    WARN("skipped: no Chromium is installed");
    return;
  }
  const std::string html = "<!DOCTYPE html><title>Nines</title><h1>Report</h1><svg><path d='M0 0L9 9'/></svg>";
  const auto pdf = print_pdf(html, kMade);
  if (!pdf) FAIL(pdf.error().message);
  CHECK(pdf->starts_with("%PDF-"));
  CHECK(pdf->find("/CreationDate (D:20261101060000") != std::string::npos);
  CHECK(pdf->find("/ModDate (D:20261101060000") != std::string::npos);
  const auto again = print_pdf(html, kMade);
  REQUIRE(again);
  CHECK(*again == *pdf);
}
