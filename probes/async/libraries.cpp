#include "probes/async/libraries.hpp"

#include <csignal>

#include <ares.h>
#include <curl/curl.h>

namespace nines::probes {

void set_up_libraries() {
  static const bool done = [] {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    ares_library_init(ARES_LIB_INIT_ALL);
    std::signal(SIGPIPE, SIG_IGN);
    return true;
  }();
  (void)done;
}

}  // namespace nines::probes
