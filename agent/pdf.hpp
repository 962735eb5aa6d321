#pragma once

// PDF of an HTML document, printed by a headless Chromium when one is installed. Starts a process and waits for it for
// seconds: not on a loop. Any thread.

#include <string>

#include "base/error.hpp"
#include "base/time.hpp"

namespace nines::agent {

// The first of chromium, chromium-browser and google-chrome that is on PATH; empty: none is.
std::string find_browser();

// The PDF, with `made` as its dates: the same document gives the same bytes by the same Chromium. The document is
// printed without a network, by a profile of its own that is gone afterwards. Fails where no browser is installed, it
// cannot be started, writes nothing or takes more than two minutes.
Expected<std::string> print_pdf(const std::string& html, Time made);

// Sets a PDF's /CreationDate and /ModDate, in place: no offset inside the file changes.
void set_pdf_dates(std::string& pdf, Time made);

}  // namespace nines::agent
