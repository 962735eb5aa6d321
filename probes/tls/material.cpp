#include "probes/tls/material.hpp"

#include <list>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "probes/async/event.hpp"
#include "probes/async/off_loop.hpp"
#include "probes/net/connect.hpp"

namespace nines::probes {

namespace {

struct Stamp {
  ino_t inode = 0;
  off_t size = -1;
  timespec modified{};

  bool operator==(const Stamp& other) const {
    return inode == other.inode && size == other.size && modified.tv_sec == other.modified.tv_sec &&
           modified.tv_nsec == other.modified.tv_nsec;
  }
};

std::vector<Stamp> stamps_of(const std::vector<std::string>& files) {
  std::vector<Stamp> out;
  for (const std::string& file : files) {
    struct stat state{};
    out.push_back(::stat(file.c_str(), &state) == 0 ? Stamp{state.st_ino, state.st_size, state.st_mtim} : Stamp{});
  }
  return out;
}

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio open_source(const std::string& file, const std::string& inline_pem) {
  if (!file.empty()) return {BIO_new_file(file.c_str(), "r"), &BIO_free};
  return {BIO_new_mem_buf(inline_pem.data(), static_cast<int>(inline_pem.size())), &BIO_free};
}

std::string fault_text(const char* otherwise) {
  const char* text = ERR_reason_error_string(ERR_peek_error());
  std::string out = text != nullptr ? text : otherwise;
  ERR_clear_error();
  return out;
}

// A passphrase would be asked for on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

std::vector<std::shared_ptr<X509>> read_certificates(BIO* from) {
  std::vector<std::shared_ptr<X509>> out;
  while (X509* one = PEM_read_bio_X509(from, nullptr, &no_passphrase, nullptr)) out.emplace_back(one, &X509_free);
  if (!out.empty()) ERR_clear_error();  // the end of the text counts as one
  return out;
}

std::string named(const std::string& file) {
  return file.empty() ? "written in the module" : "in " + file;
}

Expected<std::shared_ptr<X509_STORE>> read_store(const std::string& file, const std::string& pem) {
  const auto refuse = [&](const std::string& why) {
    return fail(fmt::format("the certificate authorities {} cannot be used: {}", named(file), why));
  };
  const Bio from = open_source(file, pem);
  if (!from) return refuse(fault_text("out of memory"));
  const auto certificates = read_certificates(from.get());
  if (certificates.empty()) return refuse(fault_text("there is no certificate"));
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), &X509_STORE_free);
  for (const auto& certificate : certificates) X509_STORE_add_cert(store.get(), certificate.get());
  // Whatever the file names is trusted, be it a root or not: as Go and libcurl have it.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

struct CertificateSource {
  std::string certificate_file, certificate, key_file, key;
};

Expected<std::shared_ptr<const ClientCertificate>> read_client_certificate(const CertificateSource& source) {
  const auto refuse = [](const std::string& what, const std::string& file, const std::string& why) {
    return fail(fmt::format("the client {} {} cannot be used: {}", what, named(file), why));
  };
  const Bio certificates = open_source(source.certificate_file, source.certificate);
  auto chain = certificates ? read_certificates(certificates.get()) : std::vector<std::shared_ptr<X509>>();
  if (chain.empty()) {
    return refuse("certificate", source.certificate_file, fault_text("there is no certificate"));
  }
  const Bio keys = open_source(source.key_file, source.key);
  auto out = std::make_shared<ClientCertificate>();
  if (keys) out->key.reset(PEM_read_bio_PrivateKey(keys.get(), nullptr, &no_passphrase, nullptr), &EVP_PKEY_free);
  if (!out->key) return refuse("key", source.key_file, fault_text("there is no key"));
  if (X509_check_private_key(chain.front().get(), out->key.get()) != 1) {
    return refuse("key", source.key_file, fault_text("it is not the certificate's"));
  }
  out->leaf = chain.front();
  out->chain.assign(chain.begin() + 1, chain.end());
  return std::shared_ptr<const ClientCertificate>(std::move(out));
}

}  // namespace

template <class T>
struct TlsMaterials::Slot {
  Expected<std::shared_ptr<T>> value = std::shared_ptr<T>();
  std::vector<Stamp> stamps;
  std::uint64_t looked_ns = 0;
  bool busy = false;
  std::list<Event*> waiting;

  bool good() const { return value.has_value() && *value != nullptr; }
};

TlsMaterials::TlsMaterials(Loop& loop, std::chrono::nanoseconds look_again)
    : loop_(loop), reading_(loop), look_again_(look_again) {}
TlsMaterials::~TlsMaterials() = default;

// NOLINTBEGIN(*-reference-coroutine-parameters): members, and a configuration that outlives the task

// Belongs to nobody who waits for it.
template <class T, class Read>
Task<void> TlsMaterials::renew(std::shared_ptr<Slot<T>> slot, std::vector<std::string> files, Read read) {
  const bool good = slot->good();
  const std::vector<Stamp> before = slot->stamps;
  std::vector<Stamp> stamps;
  std::optional<Expected<std::shared_ptr<T>>> value;
  co_await off_loop(loop_, [&] {
    stamps = stamps_of(files);
    if (!good || stamps != before) value = read();
  });
  slot->stamps = std::move(stamps);
  if (value) slot->value = std::move(*value);
  slot->busy = false;
  slot->looked_ns = Loop::now_ns();
  for (Event* waiter : slot->waiting) waiter->set();
}

template <class T, class Read>
Task<Expected<std::shared_ptr<T>>> TlsMaterials::keep(Slots<T>& slots, std::string key, std::vector<std::string> files,
                                                      Read read, Stop stop) {
  auto& place = slots[key];
  if (!place) place = std::make_shared<Slot<T>>();
  const std::shared_ptr<Slot<T>> slot = place;
  const auto age = std::chrono::nanoseconds(Loop::now_ns() - slot->looked_ns);
  if (!slot->busy && slot->good() && (files.empty() || age < look_again_)) co_return slot->value;
  if (!std::exchange(slot->busy, true)) reading_.spawn(renew(slot, std::move(files), std::move(read)));
  Event done(loop_);
  const auto waiting = slot->waiting.insert(slot->waiting.end(), &done);
  const StopCause cause = co_await done.wait(stop);
  slot->waiting.erase(waiting);
  if (cause != StopCause::none) {
    co_return fail("the files that `tls_config` names were not read in time; expected them to be");
  }
  co_return slot->value;
}

Task<Expected<TlsMaterial>> TlsMaterials::get(const config::TlsConfig& config, Stop stop) {
  TlsMaterial out;
  if (!config.insecure_skip_verify) {
    const std::string file = config.ca.empty() && config.ca_file.empty() ? kSystemFile : config.ca_file;
    std::vector<std::string> files;
    if (!file.empty()) files.push_back(file);
    const std::string key = file.empty() ? config.ca : file;
    auto read = [file, pem = config.ca] { return read_store(file, pem); };
    auto store = co_await keep(stores_, key, std::move(files), std::move(read), stop);
    if (!store) co_return std::unexpected(std::move(store.error()));
    out.trust = std::move(*store);
  }
  if (!config.cert.empty() || !config.cert_file.empty()) {
    const CertificateSource source{config.cert_file, config.cert, config.key_file, config.key.reveal()};
    std::vector<std::string> files;
    for (const std::string& file : {source.certificate_file, source.key_file}) {
      if (!file.empty()) files.push_back(file);
    }
    const std::string key =
        fmt::format("{}\n{}\n{}\n{}", source.certificate_file, source.certificate, source.key_file, source.key);
    auto read = [source] { return read_client_certificate(source); };
    auto own = co_await keep(certificates_, key, std::move(files), std::move(read), stop);
    if (!own) co_return std::unexpected(std::move(own.error()));
    out.own_certificate = std::move(*own);
  }
  co_return out;
}

// NOLINTEND(*-reference-coroutine-parameters)

Task<void> TlsMaterials::close() {
  return reading_.join();
}

Outcome material_failure(const Error& error, const std::string& host, Stop stop) {
  if (!stop.stopped()) return {Reason::agent_error, error.message};
  const std::string where = host.empty() ? "TLS" : "TLS with " + host;
  return stop_outcome(stop.cause(), Reason::tls_timeout, where + ": " + error.message);
}

}  // namespace nines::probes
