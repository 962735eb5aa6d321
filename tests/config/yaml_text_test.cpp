// The configuration shown again: what was read, without what is secret.

#include "config/yaml_text.hpp"

#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "base/redact.hpp"
#include "config/load.hpp"
#include "tests/config/support.hpp"

namespace nines::config {
namespace {

struct Parsed {
  Tree tree;
  Faults faults;
  const Node* root = nullptr;
};

void parse(std::string_view text, Parsed& into) {
  const Source& source = into.tree.sources.emplace_back(Source{.name = "a.yml", .directory = {}});
  into.root = parse_yaml(text, source, into.tree, into.faults);
  INFO(text);
  if (!into.faults.empty()) FAIL(into.faults.list().front().text());
}

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size() || a.members.size() != b.members.size())
    return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same(*a.items[i], *b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.members.size(); ++i) {
    if (!same(*a.members[i].key, *b.members[i].key) || !same(*a.members[i].value, *b.members[i].value)) return false;
  }
  return true;
}

std::string again(const Node& root) {
  return yaml_text(root, {.hidden = {}, .secrets = {}});
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("what is written reads back as what was read") {
  const std::string documents[] = {
      "a: 1\nb: [x, [y, [z, {}]], [], {c: d, e: [f]}]\n",
      "- - - a\n  - b\n- {k: [1, 2]}\n- null\n- ''\n",
      "a: 'no: yes'\nb: \"#\"\nc: '- x'\nd: 'null'\ne: '~'\nf: ''\ng: ' blank '\nh: '*x'\ni: '{{ a }}'\n",
      "a: \"tab\\tline\\nreturn\\rnul\\0bell\\x07del\\x7f nel\\x85 😿 ü\"\nb: '\"\\'\n",
      "a: |\n  block\n    deeper\n\n  last\nb: >-\n  folded\n  text\n",
      "\"a b\": {'<<': x, '1': y, '': z}\n\"\\n\": multi\n",
      "x: &a {k: 1}\ny: {<<: *a, z: *a}\nlist: [*a, *a]\n",
      "plain\n",
      "[]\n",
      "a:\nb: ~\nd: -1\ne: ---x\nf: http://host:1/#f?a=b&c\n",
      content(test_folder("good") + "/contract.yml"),
      content(test_folder("good") + "/spellings.yml"),
  };
  for (const std::string& document : documents) {
    Parsed first, second;
    parse(document, first);
    const std::string text = again(*first.root);
    parse(text, second);
    INFO(document << "\n---- became\n" << text);
    // Names of credentials hide their values: nothing in these documents but one header and one password has one.
    Parsed third;
    parse(again(*second.root), third);
    CHECK(same(*second.root, *third.root));
    if (document.find("Authorization") == std::string::npos && document.find("assword") == std::string::npos) {
      CHECK(same(*first.root, *second.root));
    }
  }
}

TEST_CASE("bytes that are no UTF-8 are shown as text that is") {
  Parsed parsed, back;
  parse("a: \"\\N\\_\"\n", parsed);
  parse(again(*parsed.root), back);
  CHECK(back.root->value("a")->text == "\xc2\x85\xc2\xa0");
}

TEST_CASE("no secret of any key is shown, of modules or of the whole") {
  const auto loaded = load(test_folder("good") + "/exporter.yml", test_environment());
  REQUIRE(loaded.has_value());
  const Config& config = loaded->config;
  CHECK(config.secrets.size() >= 15);
  for (const auto& [name, module] : config.modules) {
    INFO(name << "\n" << module->text);
    CHECK(module->text.find("hush") == std::string::npos);
    CHECK(module->text.find("prober: ") != std::string::npos);
  }
  INFO(config.text);
  CHECK(config.text.find("hush") == std::string::npos);
  CHECK(config.text.find("http://<secret>@proxy.example:3128") != std::string::npos);
  CHECK(config.text.find("client_secret: \"<secret>\"") != std::string::npos);
  CHECK(config.text.find("http_authorization:") != std::string::npos);  // modules of module_files are in it
  CHECK(config.text.find("module_files") == std::string::npos);
}

TEST_CASE("the text of a configuration is a configuration") {
  const char* text = R"(
region: eu
modules:
  m: {prober: tcp, tcp: {query_response: [{expect: 'a: (.*)', send: "x $${1}\r"}]}}
  h: {prober: http, http: {headers: {X-Token: hunter22, X-A: 'b # c'}, body: "hunter22\n"}}
checks:
  - {name: a, module: m, target: 'x:1', retries: {attempts: 2, delay: 1s}}
  - {name: 'b: c', module: h, target: 'https://[::1]/#x'}
journeys:
  - {name: j, base_url: 'http://x', secrets: {p: hunter33}, steps: [{name: s, post: /, json: {password: '{{ p }}', n: 1, t: '1', e: null}}]}
)";
  const Config first = loaded(text);
  CHECK(first.text.find("hunter") == std::string::npos);
  const Config second = loaded(first.text);
  CHECK(second.text == first.text);
  CHECK(second.modules.at("m")->tcp.query_response.at(0).send == "x ${1}\r");
  CHECK(second.check("b: c")->target == "https://[::1]/#x");
  const auto& json = *second.journeys.at(0).steps.at(0).json;
  CHECK(json.members.at(0).second.text == "{{ p }}");
  CHECK(json.members.at(1).second.kind == JsonTemplate::Kind::integer);
  CHECK(json.members.at(2).second.kind == JsonTemplate::Kind::text);
  CHECK(json.members.at(3).second.kind == JsonTemplate::Kind::null);
}

TEST_CASE("an exporter's ${1} is a literal one in the whole text") {
  const auto first = load(test_folder("good") + "/exporter.yml", test_environment());
  REQUIRE(first.has_value());
  CHECK(first->config.text.find("PONG") != std::string::npos);
  CHECK(first->config.text.find("EHLO $${1}") != std::string::npos);
  CHECK(first->config.modules.at("tcp_all")->text.find("EHLO ${1}") != std::string::npos);
}

TEST_CASE("users and passwords are taken out of URLs wherever they stand") {
  const std::pair<const char*, const char*> cases[] = {
      {"http://u:p@h/x@y", "http://<secret>@h/x@y"},
      {"see http://h and https://u@h:1, ftp://a:b@c", "see http://h and https://<secret>@h:1, ftp://<secret>@c"},
      {"http://u:p@w@h", "http://<secret>@h"},
      {"http://u:pa,ss'w\"o<r>d@h/", "http://<secret>@h/"},
      {"http://a,http://u:p@b", "http://a,http://<secret>@b"},
      {"http://h/?page=1&api_key=k3y&x=2#f", "http://h/?page=1&api_key=<secret>&x=2#f"},
      {"h?a=b?c", "h?a=b?c"},
      {"mail@example.com", "mail@example.com"},
      {"://", "://"}};
  for (const auto& [text, shown] : cases) CHECK(hide_user_info(text) == shown);
}

TEST_CASE("a text that would be too long is cut and says so") {
  std::string bomb = "a0: &a0 '" + std::string(200'000, 'x') + "'\n";
  bomb += "a1: [";
  for (int i = 0; i < 200; ++i) bomb += "*a0, ";
  bomb += "]\n";
  Parsed parsed;
  parse(bomb, parsed);
  const std::string text = again(*parsed.root);
  CHECK(text.size() < kMaxYamlText + 300'000);
  CHECK(text.find("# the rest is left out") != std::string::npos);
}

TEST_CASE("what is sent shows no secret: of the environment, of a login, of JSON, of telling names") {
  const Config config = loaded(R"(
checks: [{name: a, service: s, target: 'http://127.0.0.1/'}]
modules:
  mail:
    prober: tcp
    tcp: {query_response: [{send: 'X ${TASKS_PASSWORD} y'}, {send: 'PASS pl4in-word'}, {send: 'EHLO there'}]}
  post:
    prober: http
    http:
      method: POST
      body: '{"user": "u", "password": "j5on-word"}'
      headers: {X-Auth-Key: auth-k3y, x-session: s3ssion-id, X-Other: other}
  sent: {prober: http, http: {body: 'key=${A_TOKEN}'}}
)");
  for (const char* hidden :
       {"secret-TASKS_PASSWORD", "pl4in-word", "j5on-word", "auth-k3y", "s3ssion-id", "secret-A_TOKEN"}) {
    CAPTURE(hidden);
    CHECK_FALSE(config.text.contains(hidden));
  }
  for (const char* shown : {"EHLO there", "other", "user"}) CHECK(config.text.contains(shown));
  const Redactor redactor(config.secrets);
  for (const char* sent : {"secret-TASKS_PASSWORD", "pl4in-word", "secret-A_TOKEN"}) {
    CHECK(redactor.secrets(sent) == "<secret>");
  }
}

}  // namespace
}  // namespace nines::config
