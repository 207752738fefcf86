// What the store commits unasked: room and lengths of arrays.
#pragma once

#include "store/transaction.hpp"

namespace deltos::store {

// A transaction that the store makes by itself: no way out of the call leaves it open.
class OwnTransaction {
 public:
  Status begin(Storage &storage) {
    DELTOS_ASSIGN(transaction_, storage.begin_transaction());
    return {};
  }
  ~OwnTransaction() {
    if (transaction_ != nullptr) transaction_->abort();
  }
  OwnTransaction() = default;
  OwnTransaction(const OwnTransaction &) = delete;
  OwnTransaction &operator=(const OwnTransaction &) = delete;

  bool begun() const { return transaction_ != nullptr; }
  Status commit(Durability durability) {
    auto done = transaction_->commit(durability);
    if (!done.ok()) return std::move(done).error();
    transaction_.reset();
    return {};
  }

 private:
  std::shared_ptr<Transaction> transaction_;
};

}  // namespace deltos::store
