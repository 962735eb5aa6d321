// The report as people get it: HTML in a real browser, CSV, PDF.

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/time.hpp"
#include "tests/e2e/support.hpp"
#include "tests/harness/tools.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kConfiguration = R"(
data_dir: {}
region: us-east-1
checks:
  - {{name: gateway, service: api-gateway, interval: 10m, target: 'http://127.0.0.1:9/'}}
objectives:
  - {{name: system-uptime, service: api-gateway, indicator: uptime, target: '99.9%', window: month}}
  - {{name: response-time, checks: [gateway], indicator: latency, percentile: 95, target: '< 500ms', window: month}}
  - {{name: error-rate, service: api-gateway, indicator: error_rate, target: '< 0.1%', window: month}}
)";

// October 2026, down for two hours and ten minutes on the 14th.
struct Month {
  TempDir directory;
  std::string file;

  Month() {
    file = directory.write("nines.yml", fmt::format(kConfiguration, (directory.path() / "data").string())).string();
    std::string lines;
    const Time from = parse_time("2026-10-01T00:00:00Z").value();
    const Period down{parse_time("2026-10-14T02:10:00Z").value(), parse_time("2026-10-14T04:20:00Z").value()};
    for (int i = 0; i < 31 * 24 * 6; ++i) {
      const Time start = from + i * 10min;
      const bool up = !down.contains(start);
      lines += fmt::format(R"({{"check":"gateway","region":"us-east-1","time":"{}","success":{},"duration_ms":{},)",
                           format_time(start), up, 100 + i % 37);
      lines += up ? "\"status\":200}\n" : "\"status\":503,\"reason\":\"http_status\"}\n";
    }
    const Finished imported = run_nines({"import", directory.write("results.jsonl", lines).string(), "-c", file});
    INFO(imported.errors);
    REQUIRE(imported.status == 0);
  }

  Finished report(std::vector<std::string> arguments, const ProcessOptions& options = {}) const {
    arguments.insert(arguments.begin(), {"report", "-c", file, "--month", "2026-10"});
    return run_nines(std::move(arguments), options);
  }
};

std::string browser() {
  for (const char* name : {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"}) {
    if (std::filesystem::exists(name)) return name;
  }
  return {};
}

std::string escaped(const std::string& html) {
  std::string out;
  for (const char c : html) {
    if (c == '"') {
      out += "&quot;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

// The document in a frame of each width, beside what is measured of it.
std::string frames(const std::string& html) {
  std::string out = "<!DOCTYPE html><meta charset=utf-8><title>wait</title><pre></pre>";
  for (const int width : {390, 680, 1280}) {
    out += fmt::format("<iframe width={} height=800 style=\"border:0\" srcdoc=\"{}\"></iframe>", width, escaped(html));
  }
  return out + R"(<script>
addEventListener('load', () => {
  document.querySelector('pre').textContent = [...document.querySelectorAll('iframe')].map(frame => {
    const page = frame.contentDocument;
    const small = [...page.querySelectorAll('svg[role=img]')].filter(chart => chart.getBoundingClientRect().width < 200);
    return `${frame.width}: fits ${page.documentElement.scrollWidth <= frame.clientWidth}, ` +
        `styled ${getComputedStyle(page.body).maxWidth != 'none'}, small charts ${small.length};`;
  }).join(' ');
});
</script>)";
}

struct Opened {
  std::string measured;
  std::string console;  // what the page had to say
};

// Opens the document in a headless Chromium that reaches no network.
Opened open(const std::string& html) {
  const TempDir directory;
  const auto page = directory.write("frames.html", frames(html));
  std::vector<std::string> arguments = {browser(),
                                        "--headless",
                                        "--disable-gpu",
                                        "--no-first-run",
                                        "--disable-background-networking",
                                        "--disable-component-update",
                                        "--disable-dev-shm-usage",
                                        "--disable-extensions",
                                        "--host-resolver-rules=MAP * ~NOTFOUND",
                                        "--enable-logging=stderr",
                                        "--user-data-dir=" + (directory.path() / "profile").string(),
                                        "--virtual-time-budget=60000",
                                        "--window-size=1400,900",
                                        "--dump-dom"};
  if (::geteuid() == 0) arguments.emplace_back("--no-sandbox");
  arguments.push_back("file://" + page.string());
  ProcessOptions options;
  options.environment = {{"HOME", directory.path().string()}};
  const Finished finished = run(arguments, options, 180s);
  Opened opened;
  const std::size_t begin = finished.output.find("<pre>");
  if (begin != std::string::npos) {
    opened.measured = finished.output.substr(begin + 5, finished.output.find("</pre>") - begin - 5);
  }
  std::size_t at = 0;
  while (at < finished.errors.size()) {
    const std::size_t end = std::min(finished.errors.find('\n', at), finished.errors.size());
    const std::string line = finished.errors.substr(at, end - at);
    if (line.find("CONSOLE") != std::string::npos) opened.console += line + "\n";
    at = end + 1;
  }
  return opened;
}

}  // namespace

TEST_CASE("the HTML report opens in a browser at every width without a word on the console or a request") {
  if (browser().empty()) {
    WARN("skipped: no Chromium is installed");
    return;
  }
  const Month month;
  const Finished made = month.report({"--format", "html"});
  REQUIRE(made.status == 1);
  CHECK(made.errors.empty());
  // The golden file has every chart.
  const std::string golden = read_file(std::string(NINES_SOURCE_DIR) + "/tests/reports/golden/rich.html");
  for (const std::string& html : {made.output, golden}) {
    const Opened opened = open(html);
    CHECK(opened.measured ==
          "390: fits true, styled true, small charts 0; 680: fits true, styled true, small charts 0; 1280: fits true, "
          "styled true, small charts 0;");
    CHECK(opened.console.empty());
  }
  // What asks for something is told on the console: the silence above means that nothing was asked for.
  std::string asking = golden;
  asking.insert(asking.find("</main>"), "<img src=\"http://127.0.0.1:9/x.png\" alt=\"\">");
  CHECK(open(asking).console.find("Content Security Policy") != std::string::npos);
}

TEST_CASE("the CSV report is a table of the objectives") {
  const Month month;
  const Finished made = month.report({"--format", "csv"});
  CHECK(made.status == 1);
  CHECK(made.output.starts_with("objective,service,indicator,target,"));
  CHECK(made.output.find("\r\n\"system-uptime\",\"api-gateway\",\"uptime\",\"99.9%\",") != std::string::npos);
  // 2 h 10 min of 744 h.
  CHECK(made.output.find(",2670600,7800,0,0,") != std::string::npos);
}

TEST_CASE("the PDF report is written to a file, and refused to a terminal") {
  const Month month;
  const Finished terminal =
      run({"script", "-qec", fmt::format("{} report -c {} --month 2026-10 --format pdf", nines_binary(), month.file),
           "/dev/null"});
  CHECK(terminal.status == 2);
  CHECK(terminal.output.find("a PDF is not for a terminal: give -o FILE") != std::string::npos);
  if (browser().empty()) {
    WARN("the rest is skipped: no Chromium is installed");
    return;
  }
  const std::string file = (month.directory.path() / "report.pdf").string();
  const Finished made = month.report({"--format", "pdf", "-o", file, "--exit-zero"});
  CHECK(made.errors.empty());
  CHECK(made.status == 0);
  CHECK(read_file(file).starts_with("%PDF-"));
}

TEST_CASE("without Chromium a PDF is refused with exit code 4 and nothing is written") {
  const Month month;
  const std::string file = (month.directory.path() / "report.pdf").string();
  ProcessOptions options;
  options.environment = {{"PATH", "/nonexistent"}};
  const Finished made = month.report({"--format", "pdf", "-o", file}, options);
  CHECK(made.status == 4);
  CHECK(made.errors.starts_with("nines: a PDF is printed by Chromium, and none of chromium, "));
  CHECK_FALSE(std::filesystem::exists(file));
}
