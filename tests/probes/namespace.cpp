#include "tests/probes/namespace.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probes/async/address.hpp"
#include "tests/harness/process.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/harness/tools.hpp"

namespace nines::probes::test {

namespace {

// A user who is not root becomes root of a user namespace too.
std::vector<std::string> unshare() {
  std::vector<std::string> command = {harness::tool("unshare"), "--net"};
  if (geteuid() != 0) command.insert(command.end(), {"--user", "--map-root-user"});
  return command;
}

// A test case's name as Catch's command line has it, where a comma stands between two.
std::string in_filter(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (c == ',') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string run_in_network_namespace(const std::string& tag) {
  std::vector<std::string> command = unshare();
  command.emplace_back("true");
  if (harness::run(command).status != 0) {
    std::fprintf(stderr, "skipped %s: this system forbids network namespaces\n", tag.c_str());
    return {};
  }
  command.back() = std::filesystem::read_symlink("/proc/self/exe").string();
  std::istringstream names(harness::run({command.back(), "--list-test-names-only", tag}).output);
  std::string failures;
  int found = 0;
  for (std::string name; std::getline(names, name); ++found) {
    std::vector<std::string> one = command;
    one.push_back(in_filter(name));
    const auto finished = harness::run(one);
    if (finished.status != 0) failures += finished.output + finished.errors;
  }
  return found > 0 ? failures : "no test case has the tag " + tag;
}

void bring_loopback_up(int mtu) {
  const Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_mtu = mtu;
  if (ioctl(socket.fd(), SIOCSIFMTU, &request) != 0) throw std::runtime_error("lo's MTU cannot be set");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(socket.fd(), SIOCSIFFLAGS, &request) != 0) throw std::runtime_error("lo cannot be brought up");
}

bool set_net(const std::string& name, const std::string& value) {
  std::ofstream file("/proc/sys/net/" + name);
  file << value;
  return static_cast<bool>(file.flush());
}

void allow_datagram_icmp(bool allowed) {
  // Groups without a number here are shown as 65534.
  const std::string now = harness::read_file("/proc/sys/net/ipv4/ping_group_range");
  if (!allowed && (now.starts_with("1\t0") || now.starts_with("65534\t65534"))) return;
  // In a user namespace only its own groups have numbers.
  const bool done = allowed
                        ? set_net("ipv4/ping_group_range", "0 2147483647") || set_net("ipv4/ping_group_range", "0 0")
                        : set_net("ipv4/ping_group_range", "1 0");
  if (!done) throw std::runtime_error("net.ipv4.ping_group_range cannot be set");
}

void give_up_raw_sockets() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2] = {};
  syscall(SYS_capget, &header, data);
  data[0].effective &= ~(1U << CAP_NET_RAW);
  data[0].permitted &= ~(1U << CAP_NET_RAW);
  if (syscall(SYS_capset, &header, data) != 0) throw std::runtime_error("cap_net_raw cannot be given up");
}

}  // namespace nines::probes::test
