#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "probes/dns/message.hpp"
#include "probes/dns/names.hpp"
#include "probes/dns/reader.hpp"
#include "probes/dns/rules.hpp"

namespace nines::probes::test {
namespace {

std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string u32(unsigned value) {
  return u16(value >> 16) + u16(value & 0xffff);
}

// "www.example" as a message has it; no pointers.
std::string wire(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return out + '\0';
}

std::string unhex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

std::string header(unsigned flags, unsigned answers, unsigned questions = 0) {
  return u16(0x1234) + u16(flags) + u16(questions) + u16(answers) + u16(0) + u16(0);
}

std::string record(const std::string& name, unsigned type, const std::string& data, unsigned klass = 1) {
  return name + u16(type) + u16(klass) + u32(3600) + u16(static_cast<unsigned>(data.size())) + data;
}

std::string text_of(unsigned type, const std::string& data) {
  const auto message = read_message(header(0x8180, 1) + record(wire("example.com"), type, data));
  if (!message) return message.error().message;
  REQUIRE(message->answers.size() == 1);
  return message->answers[0].text;
}

TEST_CASE("records are written as zone files have them") {
  struct Case {
    unsigned type;
    std::string data;
    const char* text;  // after "example.com.\t3600\tIN\t"
  };
  const std::vector<Case> cases = {
      {1, unhex("7f000001"), "A\t127.0.0.1"},
      {28, unhex("20010db8000000000000000000000001"), "AAAA\t2001:db8::1"},
      {28, unhex("00000000000000000000ffff01020304"), "AAAA\t::ffff:1.2.3.4"},
      {28, unhex("00000000000000000000000001020304"), "AAAA\t::102:304"},
      {28, unhex("00000000000000000000000000000001"), "AAAA\t::1"},
      {36, u16(1) + wire("k.x"), "KX\t1 k.x."},
      {2, wire("ns1.isp.net"), "NS\tns1.isp.net."},
      {5, wire(""), "CNAME\t."},
      {12, wire("a.b"), "PTR\ta.b."},
      {39, wire("a.b"), "DNAME\ta.b."},
      {6, wire("ns.example.com") + wire("noc.example.com") + u32(1000) + u32(7200) + u32(3600) + u32(1209600) + u32(60),
       "SOA\tns.example.com. noc.example.com. 1000 7200 3600 1209600 60"},
      {15, u16(10) + wire("mx.example.com"), "MX\t10 mx.example.com."},
      {16, std::string("\x05hello\x07wor\"l\\d", 14), "TXT\t\"hello\" \"wor\\\"l\\\\d\""},
      {16, std::string("\x03\x00\xff\x7f", 4), "TXT\t\"\\000\\255\\127\""},
      {99, std::string("\0", 1), "SPF\t\"\""},
      {13, std::string("\3CPU\2OS"), "HINFO\t\"CPU\" \"OS\""},
      {33, u16(1) + u16(2) + u16(443) + wire("srv.example.com"), "SRV\t1 2 443 srv.example.com."},
      {35, u16(100) + u16(50) + "\1s" + "\7SIP+D2T" + std::string("\0", 1) + wire("_sip._tcp.x"),
       "NAPTR\t100 50 \"s\" \"SIP+D2T\" \"\" _sip._tcp.x."},
      {43, u16(60485) + "\5\1" + unhex("2bb183af"), "DS\t60485 5 1 2BB183AF"},
      {44, "\4\2" + unhex("deadbeef"), "SSHFP\t4 2 DEADBEEF"},
      {48, u16(257) + "\3\x0d" + unhex("0102030405"), "DNSKEY\t257 3 13 AQIDBAU="},
      {46,
       u16(1) + "\x0d\2" + u32(3600) + u32(1790812800) + u32(1790726400) + u16(12345) + wire("example.com") +
           unhex("00ff"),
       "RRSIG\tA 13 2 3600 20261001000000 20260930000000 12345 example.com. AP8="},
      {47, wire("b.example.com") + unhex("0006400100000003010140"), "NSEC\tb.example.com. A MX RRSIG NSEC CAA"},
      {47, wire("b.example.com"), "NSEC\tb.example.com."},
      {50, unhex("01000005") + std::string("\2\xab\xcd") + "\5" + unhex("0011223344") + unhex("000140"),
       "NSEC3\t1 0 5 ABCD 008I4CQ4 A"},
      {51, unhex("0100000a00"), "NSEC3PARAM\t1 0 10 -"},
      {52, unhex("030101abcdef"), "TLSA\t3 1 1 abcdef"},
      {61, unhex("0102"), "OPENPGPKEY\tAQI="},
      {256, u16(10) + u16(1) + "https://x/\"", "URI\t10 1 \"https://x/\\\"\""},
      {257, std::string("\0\5issueletsencrypt.org", 22), "CAA\t0 issue \"letsencrypt.org\""},
      {65,
       u16(1) + wire("") + u16(1) + u16(6) + "\2h3\2h2" + u16(3) + u16(2) + u16(8443) + u16(4) + u16(8) +
           unhex("c0000201c0000202"),
       "HTTPS\t1 . alpn=\"h3,h2\" port=\"8443\" ipv4hint=\"192.0.2.1,192.0.2.2\""},
      {64, u16(0) + wire("svc.example.net"), "SVCB\t0 svc.example.net."},
      {64,
       u16(1) + wire("a") + u16(0) + u16(2) + u16(1) + u16(2) + u16(0) + u16(7) + u16(1) + "x" + u16(99) + u16(1) + "y",
       "SVCB\t1 a. mandatory=\"alpn\" no-default-alpn=\"\" dohpath=\"x\" key99=\"y\""},
      {29, unhex("0001"), "LOC\t\\# 2 0001"},
      {1, "", "A\t"},
  };
  for (const Case& c : cases) {
    CHECK(text_of(c.type, c.data) == std::string("example.com.\t3600\tIN\t") + c.text);
  }
  CHECK(text_of(65400, unhex("c0000207")) == "example.com.\t3600\tCLASS1\tTYPE65400\t\\# 4 c0000207");
}

TEST_CASE("data that does not fit its type makes a message malformed") {
  const std::vector<std::pair<unsigned, std::string>> cases = {
      {1, "abc"},
      {1, "abcde"},
      {28, std::string(15, 'a')},
      {28, std::string(17, 'a')},
      {2, std::string("\5ab", 3)},
      {2, wire("a") + "x"},
      {6, wire("a") + wire("b") + u32(1)},
      {15, "\1"},
      {16, std::string("\5abc")},
      {33, u16(1) + u16(2) + u16(3)},
      {46, u16(1)},
      {47, wire("a") + std::string("\0\0", 2)},
      {47, wire("a") + std::string("\0\x21", 2) + std::string(33, 'a')},
      {47, wire("a") + std::string("\0\x04\1", 3)},
      {50, unhex("010000050502")},
      {64, u16(1) + wire("a") + u16(3) + u16(3) + "abc"},
      {64, u16(1) + wire("a") + u16(3) + u16(9) + "ab"},
      {64, u16(1) + wire("a") + u16(4) + u16(3) + "abc"},
      {257, std::string("\0\x20issue", 7)},
  };
  for (const auto& [type, data] : cases) {
    CAPTURE(type, data);
    CHECK(text_of(type, data).find("is not what its type has") != std::string::npos);
  }
}

TEST_CASE("names: pointers, escapes, limits") {
  const std::string start = header(0x8180, 1);
  const auto name = [&](const std::string& bytes) {
    const auto message = read_message(start + bytes + u16(1) + u16(1) + u32(0) + u16(4) + "abcd");
    return message ? message->answers.at(0).text : "malformed";
  };
  const std::string rest = "\t0\tIN\tA\t97.98.99.100";
  CHECK(name(wire("a.B.c")) == "a.B.c." + rest);
  CHECK(name(wire("")) == "." + rest);
  CHECK(name(std::string("\7a.b c\x07\xff\0", 9)) == "a\\.b\\ c\\007\\255." + rest);
  CHECK(name(wire(std::string(63, 'a'))) == std::string(63, 'a') + "." + rest);
  CHECK(name("\x40" + std::string(64, 'a') + std::string("\0", 1)) == "malformed");  // a kind of label that is none
  CHECK(name("\x80") == "malformed");
  const std::string label = std::string("\x31") + std::string(49, 'a');
  CHECK(name(label + label + label + label + label + std::string("\3aaa\0", 5)) == [&] {
    std::string out;
    for (int i = 0; i < 5; ++i) out += std::string(49, 'a') + ".";
    return out + "aaa." + rest;
  }());
  CHECK(name(label + label + label + label + label + std::string("\4aaaa\0", 6)) == "malformed");  // 256 bytes
  CHECK(name("\xc0\x0c") == "malformed");                                                          // points to itself
  CHECK(name(std::string("\xc0\x0e\xc0\x0c", 4)) == "malformed");                                  // to each other
  CHECK(name("\1a\xc0\x0c") == "malformed");                                                       // grows for ever
  CHECK(name("\xff\xff") == "malformed");                                                          // behind the end
  CHECK(name("\xc0") == "malformed");
  CHECK(name("\x3f"
             "abc") == "malformed");
}

TEST_CASE("a pointer in a record's data may lead out of it, and what follows it is read") {
  const std::string question = wire("example.com") + u16(15) + u16(1);
  const std::string data = u16(5) + "\2mx\xc0\x0c";
  const auto message =
      read_message(header(0x8180, 2, 1) + question + record("\xc0\x0c", 15, data) + record("\xc0\x0c", 1, "abcd"));
  REQUIRE(message.has_value());
  CHECK(message->question->name == "example.com.");
  REQUIRE(message->answers.size() == 2);
  CHECK(message->answers[0].text == "example.com.\t3600\tIN\tMX\t5 mx.example.com.");
  CHECK(message->answers[1].text == "example.com.\t3600\tIN\tA\t97.98.99.100");
}

TEST_CASE("headers: id, answer, truncated, code with an OPT record's bits") {
  const auto opt = [](unsigned ttl) { return std::string("\0", 1) + u16(41) + u16(1232) + u32(ttl) + u16(0); };
  const auto message = read_message(u16(7) + u16(0x8383) + u16(0) + u16(0) + u16(0) + u16(1) + opt(0x01008000));
  REQUIRE(message.has_value());
  CHECK(message->id == 7);
  CHECK(message->answer);
  CHECK(message->truncated);
  CHECK(message->rcode == 0x13);
  CHECK_FALSE(message->question.has_value());
  REQUIRE(message->additionals.size() == 1);
  CHECK(message->additionals[0].text == "\n;; OPT PSEUDOSECTION:\n; EDNS: version 0; flags: do; udp: 1232");
}

TEST_CASE("messages cut at any byte, or with any byte changed, are read or refused") {
  const std::string question = wire("example.com") + u16(255) + u16(1);
  const std::string whole =
      header(0x8180, 5, 1) + question + record("\xc0\x0c", 1, "abcd") +
      record("\xc0\x0c", 6, wire("ns") + "\xc0\x0c" + u32(7) + u32(1) + u32(1) + u32(1) + u32(1)) +
      record("\xc0\x0c", 47, std::string("\xc0\x0c") + unhex("0006400100000003010140")) +
      record("\xc0\x0c", 65, u16(1) + "\xc0\x0c" + u16(1) + u16(3) + "\2h2") + record("\xc0\x0c", 16, "\3abc");
  REQUIRE(read_message(whole).value().answers.size() == 5);
  int cut = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // In memory of its own, so that a read behind the end is found by the sanitizer.
    const std::string part(whole, 0, size);
    const auto message = read_message(part);
    if (message) ++cut;
    if (message) CHECK(message->answers.size() < 5);
  }
  CHECK(cut == 6);  // after the header, after the question, and between the records
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int bits : {0x01, 0x80, 0xc0, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ bits);
      const auto message = read_message(changed);
      if (message) CHECK(message->answers.size() <= 5);
    }
  }
}

TEST_CASE("what is no message is refused with what is wrong") {
  CHECK(read_message("").error().message == "it is shorter than a header");
  CHECK(read_message(std::string(11, '\0')).error().message == "it is shorter than a header");
  CHECK(read_message(header(0x8180, 0, 1) + "\3ab").error().message ==
        "its question is cut short, or asks for no name");
  CHECK(read_message(header(0x8180, 1) + wire("a") + u16(1)).error().message ==
        "it ends within a record, or the record's name is none");
  CHECK(read_message(header(0x8180, 1) + record(wire("a"), 1, "abc")).error().message ==
        "the data of an A record is not what its type has");
  CHECK(message_id("\x12") == std::nullopt);
  CHECK(message_id(header(0, 0)) == 0x1234);
}

TEST_CASE("the biggest message there can be is read in bounded time and space") {
  std::string many = header(0x8180, 0xffff);
  while (many.size() + 16 <= 65535) many += record(std::string("\0", 1), 1, "abcd").substr(0, 15);
  const auto message = read_message(many);
  REQUIRE(message.has_value());
  CHECK(message->answers.size() == (65535 - 12) / 15);
}

TEST_CASE("queries: the bytes, and names that no message can carry") {
  const auto query = write_query(0x1234, {.name = "example.com", .type = 28, .klass = 1}, true);
  CHECK(query.value() ==
        u16(0x1234) + u16(0x0100) + u16(1) + u16(0) + u16(0) + u16(0) + wire("example.com") + u16(28) + u16(1));
  CHECK(write_query(1, {.name = "example.com.", .type = 1, .klass = 1}, false).value().substr(2, 2) == u16(0));
  const auto name_of = [](const std::string& name) {
    const auto bytes = write_query(1, {.name = name, .type = 1, .klass = 1}, true);
    return bytes ? read_message(*bytes).value().question->name : "none";
  };
  CHECK(name_of(".") == ".");
  CHECK(name_of("") == ".");
  CHECK(name_of("a\\.b.c") == "a\\.b.c.");
  CHECK(name_of("a\\007\\\\.c") == "a\\007\\\\.c.");
  CHECK(name_of(std::string(63, 'a')) == std::string(63, 'a') + ".");
  for (const std::string& name : {std::string("a..b"), std::string(".a"), std::string(64, 'a'), std::string("a\\"),
                                  std::string("a\\25"), std::string("a\\999")}) {
    INFO(name);
    CHECK(name_of(name) == "none");
  }
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  CHECK(name_of(longest) == longest);
  CHECK(name_of(longest + "a.") == "none");
  CHECK(same_question({"Example.com.", 1, 1}, {"example.COM.", 1, 1}));
  CHECK_FALSE(same_question({"example.com.", 1, 1}, {"example.com.", 28, 1}));
  CHECK_FALSE(same_question({"example.com.", 1, 1}, {"example.com.", 1, 3}));
  CHECK_FALSE(same_question({"example.com.", 1, 1}, {"example.org.", 1, 1}));
}

TEST_CASE("numbers and names of DNS") {
  CHECK(record_type_name(65) == "HTTPS");
  CHECK(record_type_name(11) == "TYPE11");
  CHECK(record_class_name(3) == "CH");
  CHECK(record_class_name(9) == "CLASS9");
  CHECK(rcode_name(3) == "NXDOMAIN");
  CHECK(rcode_name(15) == "RCODE15");
  CHECK(parse_rcode("REFUSED") == 5);
  CHECK(parse_rcode("refused") == std::nullopt);
}

}  // namespace
}  // namespace nines::probes::test
