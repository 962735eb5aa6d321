#pragma once

// A network of a test's own.

#include <string>

namespace nines::probes::test {

// Runs this program's test cases that have `tag`, each in a network namespace of its own where only an idle lo is, and
// gives what those wrote that failed. Where the system forbids namespaces it says so on stderr, and nothing is run.
std::string run_in_network_namespace(const std::string& tag);

// For those test cases.
void bring_loopback_up(int mtu = 65536);
// Writes to /proc/sys/net; false when the file is not there or may not be written.
bool set_net(const std::string& name, const std::string& value);
// The groups that may have ICMP datagram sockets: all of this namespace, or none, as it is at first. (In a user
// namespace there is no way back from all to none.)
void allow_datagram_icmp(bool allowed);
// Gives up cap_net_raw, for the calling thread, for good.
void give_up_raw_sockets();

}  // namespace nines::probes::test
