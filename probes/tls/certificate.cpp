#include "probes/tls/certificate.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/text.hpp"
#include "probes/async/address.hpp"

namespace nines::probes {

namespace {

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

std::string bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string utf8_of(const ASN1_STRING* text) {
  unsigned char* out = nullptr;
  const int size = ASN1_STRING_to_UTF8(&out, text);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned(out, [](unsigned char* p) { OPENSSL_free(p); });
  return size < 0 ? std::string() : std::string(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
}

// RFC 2253, 2.4.
std::string escaped(const std::string& value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool at_edge = i == 0 || i + 1 == value.size();
    if (std::string_view(",+\"\\<>;").find(c) != std::string_view::npos || (c == ' ' && at_edge) ||
        (c == '#' && i == 0)) {
      out += '\\';
    }
    out += c;
  }
  return out;
}

// Go writes what it has no name for as the DER of a string it has read and encoded anew.
std::string as_der(const std::string& value) {
  const bool printable_string = std::ranges::all_of(value, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view(" '()+,-./:=?").find(static_cast<char>(c)) != std::string_view::npos;
  });
  constexpr unsigned char kPrintableString = 0x13;
  constexpr unsigned char kUtf8String = 0x0c;
  std::vector<unsigned char> der = {printable_string ? kPrintableString : kUtf8String};
  const std::size_t size = value.size();
  if (size >= 0x100) {
    der.insert(der.end(), {0x82, static_cast<unsigned char>(size >> 8)});
  } else if (size >= 0x80) {
    der.push_back(0x81);
  }
  der.push_back(static_cast<unsigned char>(size));
  der.insert(der.end(), value.begin(), value.end());
  return "#" + hex(der.data(), der.size());
}

// The attributes Go knows, in the order it writes them; of the single ones the last in the certificate counts.
struct Attribute {
  int nid;
  std::string_view name;
  bool single;
};
constexpr std::array<Attribute, 9> kAttributes = {{
    {NID_serialNumber, "SERIALNUMBER", true},
    {NID_commonName, "CN", true},
    {NID_postalCode, "POSTALCODE", false},
    {NID_streetAddress, "STREET", false},
    {NID_stateOrProvinceName, "ST", false},
    {NID_localityName, "L", false},
    {NID_organizationalUnitName, "OU", false},
    {NID_organizationName, "O", false},
    {NID_countryName, "C", false},
}};

std::string oid_text(const ASN1_OBJECT* object) {
  std::array<char, 128> out{};
  OBJ_obj2txt(out.data(), out.size(), object, 1);
  return out.data();
}

template <class Each>
void each_alternative_name(X509* certificate, Each each) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) each(sk_GENERAL_NAME_value(names.get(), i));
}

}  // namespace

std::optional<Time> to_time(const ASN1_TIME* asn1) {
  std::tm calendar{};
  if (asn1 == nullptr || ASN1_TIME_to_tm(asn1, &calendar) != 1) return {};
  return Time(std::chrono::seconds(timegm(&calendar)));
}

std::string name_text(const X509_NAME* name) {
  std::array<std::vector<std::string>, kAttributes.size()> known;
  std::vector<std::string> others;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const ASN1_OBJECT* object = X509_NAME_ENTRY_get_object(entry);
    const std::string value = utf8_of(X509_NAME_ENTRY_get_data(entry));
    const auto* const attribute = std::ranges::find(kAttributes, OBJ_obj2nid(object), &Attribute::nid);
    if (attribute == kAttributes.end()) {
      others.push_back(oid_text(object) + "=" + as_der(value));
      continue;
    }
    auto& values = known[static_cast<std::size_t>(attribute - kAttributes.begin())];
    if (attribute->single) values.clear();
    values.push_back(fmt::format("{}={}", attribute->name, escaped(value)));
  }
  std::vector<std::string> parts;
  for (const auto& values : known) {
    if (!values.empty()) parts.push_back(fmt::format("{}", fmt::join(values, "+")));
  }
  parts.insert(parts.end(), others.rbegin(), others.rend());
  return printable(fmt::format("{}", fmt::join(parts, ",")));
}

CertificateFacts certificate_facts(X509* certificate) {
  CertificateFacts out;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1) {
    out.fingerprint_sha256 = hex(digest.data(), size);
  }
  out.subject = name_text(X509_get_subject_name(certificate));
  out.issuer = name_text(X509_get_issuer_name(certificate));
  each_alternative_name(certificate, [&](const GENERAL_NAME* name) {
    if (name->type == GEN_DNS) out.dns_names.push_back(printable(bytes_of(name->d.dNSName)));
  });
  const std::string serial = bytes_of(X509_get0_serialNumber(certificate));
  const std::size_t zeros = std::min(serial.find_first_not_of('\0'), serial.size());
  out.serial = hex(reinterpret_cast<const unsigned char*>(serial.data()) + zeros, serial.size() - zeros);
  return out;
}

std::string alternative_names(X509* certificate) {
  constexpr std::size_t kLimit = 200;
  std::string out;
  each_alternative_name(certificate, [&](const GENERAL_NAME* name) {
    if (out.size() > kLimit) return;
    std::string text;
    if (name->type == GEN_DNS) {
      text = bytes_of(name->d.dNSName);
    } else if (name->type == GEN_IPADD) {
      std::array<char, INET6_ADDRSTRLEN> buffer{};
      const int size = ASN1_STRING_length(name->d.iPAddress);
      const bool readable = size == 4 || size == 16;
      if (readable && inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), buffer.data(),
                                buffer.size()) != nullptr) {
        text = buffer.data();
      }
    }
    if (!text.empty()) out += (out.empty() ? "" : ", ") + text;
  });
  return printable(ellipsize(out, kLimit));
}

bool is_for_host(X509* certificate, const std::string& host) {
  if (const auto address = IpAddress::parse(host)) {
    return X509_check_ip(certificate, address->bytes.data(), address->family == 4 ? 4 : 16, 0) == 1;
  }
  const std::size_t size = host.ends_with('.') ? host.size() - 1 : host.size();
  constexpr unsigned kFlags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
  return size > 0 && X509_check_host(certificate, host.data(), size, kFlags, nullptr) == 1;
}

}  // namespace nines::probes
