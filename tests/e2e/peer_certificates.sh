#!/bin/bash
# The certificates of peers.py, for 127.0.0.1, into FOLDER: by an authority (ca.pem), by themselves, and by the
# authority but over.
#
#   peer_certificates.sh FOLDER
set -euo pipefail
cd "$1"

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
key ca.key; key good.key; key self.key; key expired.key
openssl req -x509 -new -key ca.key -subj '/O=Peers/CN=authority' -days 30 -out ca.pem
openssl req -x509 -new -key self.key -subj '/O=Peers/CN=self' -days 30 -addext 'subjectAltName=IP:127.0.0.1,DNS:self.example' -out self.pem
touch index; echo 0bff > serial
cat > ca.cnf <<C
[ca]
default_ca=x
[x]
database=index
serial=serial
new_certs_dir=.
default_md=sha256
policy=p
[p]
organizationName=optional
commonName=supplied
[e]
subjectAltName=IP:127.0.0.1,DNS:peer.example
C
sign() {
  openssl req -new -key "$1.key" -subj "/O=Peers/CN=$1" -out "$1.csr"
  openssl ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -extensions e -in "$1.csr" -out "$1.crt" -startdate "$2" -enddate "$3"
  cat "$1.crt" ca.pem > "$1.pem"
}
sign good "$(date -u -d -1day +%Y%m%d%H%M%SZ)" "$(date -u -d +20days +%Y%m%d%H%M%SZ)"
sign expired "$(date -u -d -9days +%Y%m%d%H%M%SZ)" "$(date -u -d -2days +%Y%m%d%H%M%SZ)"
