#!/bin/bash
# Unpacks the servers that tests start (default: all of them) into build/tools/root. They are not installed, so no
# service begins to run on this machine. What is there already is not fetched again.
#
#   tests/harness/fetch-tools.sh [PACKAGE…]
set -euo pipefail

tools=$(realpath -m "$(dirname "$0")/../../build/tools")
packages=("$@")
[ $# -gt 0 ] || packages=(prometheus nginx prometheus-blackbox-exporter unbound exim4-daemon-light tinyproxy-bin microsocks prometheus-alertmanager fossil libfuse2 hledger-web)

fail() {
  echo "fetch-tools: $*" >&2
  exit 1
}

mkdir -p "$tools/root" "$tools/fetched" || fail "cannot write to $tools"
exec 9> "$tools/lock"
flock 9

for package in "${packages[@]}"; do
  [ ! -e "$tools/fetched/$package" ] || continue
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  (cd "$scratch" && apt-get download -qq -o APT::Sandbox::User=root "$package" > log 2>&1) ||
    fail "apt-get download $package failed (run apt-get update first if the package lists are old): $(tail -n 1 "$scratch/log")"
  dpkg -x "$scratch"/*.deb "$tools/root" || fail "the package $package could not be unpacked into $tools/root"
  basename "$scratch"/*.deb > "$tools/fetched/$package"
  rm -rf "$scratch"
done
