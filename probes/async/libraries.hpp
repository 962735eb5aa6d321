#pragma once

namespace nines::probes {

// Sets up libcurl and c-ares for the process, and ignores SIGPIPE: OpenSSL writes to sockets without MSG_NOSIGNAL, and
// a peer that hangs up must not end the agent. Does its work once; any thread.
void set_up_libraries();

}  // namespace nines::probes
