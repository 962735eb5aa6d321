#include "probes/trust.hpp"

#include <vector>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "probes/async/event.hpp"
#include "probes/async/off_loop.hpp"

namespace nines::probes {

namespace {

struct StoreFree {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using Store = std::unique_ptr<X509_STORE, StoreFree>;

Store read_store(const std::string& file, std::string& fault) {
  Store store(X509_STORE_new());
  if (store && X509_STORE_load_file(store.get(), file.c_str()) == 1) return store;
  const char* text = ERR_reason_error_string(ERR_peek_error());
  fault = text != nullptr ? text : "it holds no certificate";
  ERR_clear_error();
  return nullptr;
}

}  // namespace

struct TrustStores::Entry {
  Store store;
  std::string fault;
  bool loading = true;
  std::vector<Event*> waiting;
};

TrustStores::TrustStores(Loop& loop) : loop_(loop) {}
TrustStores::~TrustStores() = default;

x509_store_st* TrustStores::loaded(const std::string& ca_file) const {
  const auto found = entries_.find(ca_file);
  return found == entries_.end() ? nullptr : found->second->store.get();
}

Task<Expected<x509_store_st*>> TrustStores::get(std::string ca_file) {
  std::shared_ptr<Entry>& slot = entries_[ca_file];
  const bool mine = !slot || (!slot->loading && !slot->store);
  if (mine) slot = std::make_shared<Entry>();
  const std::shared_ptr<Entry> entry = slot;
  const std::string& file = ca_file.empty() ? kSystemFile : ca_file;
  if (mine) {
    co_await off_loop(loop_, [&] { entry->store = read_store(file, entry->fault); });
    entry->loading = false;
    for (Event* waiter : entry->waiting) waiter->set();
  } else if (entry->loading) {
    Event loaded(loop_);
    entry->waiting.push_back(&loaded);
    co_await loaded.wait();
  }
  if (entry->store) co_return entry->store.get();
  co_return fail(fmt::format("the certificate authorities in {} cannot be used: {}", file, entry->fault));
}

}  // namespace nines::probes
