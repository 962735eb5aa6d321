#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nines {

class Redactor;

// What may be kept of a text that came from a target: without credentials named as such, secrets and personal data
// (redactor(), and `own` secrets that only the caller knows), at most `limit` bytes, cut at a UTF-8 boundary with "…"
// at the end. Nothing of a secret that stands at the cut stays. Reads little more of a long text than it keeps, so a
// text that shrinks a lot may come out shorter than `limit`. Any thread.
//
//   evidence.body = evidence_text(answer.body, kMaxEvidenceBody);
//   evidence.headers = evidence_text(hide_credentials_in_headers(lines), 8192);
std::string evidence_text(std::string_view text, std::size_t limit, const Redactor* own = nullptr);

}  // namespace nines
