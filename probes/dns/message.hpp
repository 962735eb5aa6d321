#pragma once

// DNS messages: a query is written, an answer is read (RFC 1035, 4). Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace nines::probes {

struct DnsQuestion {
  std::string name;  // presentation form with the final dot, ASCII letters as they are
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
};

// The same name (case does not count), type and class.
bool same_question(const DnsQuestion& a, const DnsQuestion& b);

struct DnsRecord {
  std::uint16_t type = 0;
  std::string text{};                     // "example.com.\t3600\tIN\tA\t192.0.2.7", what rules are matched against
  std::optional<std::uint32_t> serial{};  // of an SOA
};

struct DnsMessage {
  std::uint16_t id = 0;
  bool answer = false;     // QR
  bool truncated = false;  // TC
  int rcode = 0;           // with the upper bits of an OPT record (RFC 6891, 6.1.3)
  std::optional<DnsQuestion> question;
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> authorities;
  std::vector<DnsRecord> additionals;
};

// A query with one question. A final dot of the name may be missing; `\.` and `\007` in it stand for bytes. Fails with
// a sentence on a name that no message can carry.
Expected<std::string> write_query(std::uint16_t id, const DnsQuestion& question, bool recursion_desired);

// The first two bytes; nothing: there are none.
std::optional<std::uint16_t> message_id(std::string_view bytes);

// Any bytes. Fails with a few words that say what is wrong with them. A message that ends where a record would begin is
// read as far as it goes, whatever its header counts: that is how answers are truncated.
Expected<DnsMessage> read_message(std::string_view bytes);

}  // namespace nines::probes
