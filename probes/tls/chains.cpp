#include "probes/tls/chains.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <openssl/x509v3.h>

#include "probes/tls/certificate.hpp"

namespace nines::probes {

namespace {

constexpr std::size_t kMaxDepth = 10;
constexpr int kMaxSignatures = 100;
constexpr int kMaxChains = 100;

struct FreeStack {
  void operator()(STACK_OF(X509) * certificates) const { sk_X509_pop_free(certificates, &X509_free); }
};
using Certificates = std::unique_ptr<STACK_OF(X509), FreeStack>;

class Search {
 public:
  explicit Search(X509_STORE_CTX* context) : context_(context), built_(X509_STORE_CTX_get0_chain(context)) {}

  std::optional<Time> run() {
    path_.push_back(X509_STORE_CTX_get0_cert(context_));
    if (is_current(path_.front())) extend();
    return latest_;
  }

 private:
  void extend() {
    X509* const last = path_.back();
    if (path_.size() == 1 && is_trusted(last)) return keep();
    const Certificates trusted(X509_STORE_CTX_get1_certs(context_, X509_get_issuer_name(last)));
    for (int i = 0; i < sk_X509_num(trusted.get()); ++i) step(sk_X509_value(trusted.get(), i), true);
    const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(context_);
    for (int i = 0; i < sk_X509_num(sent); ++i) step(sk_X509_value(sent, i), false);
  }

  void step(X509* issuer, bool trusted) {
    if (path_.size() >= kMaxDepth || chains_ >= kMaxChains || in_path(issuer) || !is_current(issuer)) return;
    if (X509_check_ca(issuer) == 0 || X509_check_issued(issuer, path_.back()) != X509_V_OK) return;
    if (!has_signed(issuer, path_.back())) return;
    path_.push_back(issuer);
    if (trusted) {
      keep();
    } else {
      extend();
    }
    path_.pop_back();
  }

  void keep() {
    ++chains_;
    std::optional<Time> first;
    for (X509* certificate : path_) {
      const auto expiry = to_time(X509_get0_notAfter(certificate));
      if (expiry && (!first || *expiry < *first)) first = expiry;
    }
    if (first && (!latest_ || *first > *latest_)) latest_ = first;
  }

  // Of a root of the same name and key as one in the chain, only one may be in it.
  bool in_path(X509* certificate) const {
    return std::ranges::any_of(path_, [&](X509* other) {
      return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_subject_name(other)) == 0 &&
             EVP_PKEY_eq(X509_get0_pubkey(certificate), X509_get0_pubkey(other)) == 1;
    });
  }

  bool is_trusted(X509* certificate) const {
    const Certificates trusted(X509_STORE_CTX_get1_certs(context_, X509_get_subject_name(certificate)));
    for (int i = 0; i < sk_X509_num(trusted.get()); ++i) {
      if (X509_cmp(sk_X509_value(trusted.get(), i), certificate) == 0) return true;
    }
    return false;
  }

  static bool is_current(const X509* certificate) {
    return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
           X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
  }

  // What OpenSSL has verified is not verified again.
  bool has_signed(X509* issuer, X509* certificate) {
    for (int i = 0; i + 1 < sk_X509_num(built_); ++i) {
      if (X509_cmp(sk_X509_value(built_, i), certificate) == 0 && X509_cmp(sk_X509_value(built_, i + 1), issuer) == 0) {
        return true;
      }
    }
    if (++signatures_ > kMaxSignatures) return false;
    return X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
  }

  X509_STORE_CTX* context_;
  const STACK_OF(X509) * built_;
  std::vector<X509*> path_;
  int chains_ = 0;
  int signatures_ = 0;
  std::optional<Time> latest_;
};

}  // namespace

std::optional<Time> latest_chain_expiry(X509_STORE_CTX* context) {
  return Search(context).run();
}

}  // namespace nines::probes
