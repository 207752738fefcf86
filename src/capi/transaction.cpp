// include/deltos/transaction.h
#include <deltos/transaction.h>

#include "capi/convert.hpp"
#include "capi/guard.hpp"

using namespace deltos;
using namespace deltos::capi;

deltos_status deltos_transaction_begin(deltos_storage *storage, deltos_transaction **transaction, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(transaction));
    DELTOS_TRY(check_handle(storage));
    DELTOS_ASSIGN(std::shared_ptr<store::Transaction> begun, storage->storage->begin_transaction());
    try {
      *transaction = new deltos_transaction(begun);
    } catch (...) {
      begun->abort();  // nobody could end it
      throw;
    }
    return {};
  });
}

const deltos_snapshot *deltos_transaction_snapshot(const deltos_transaction *transaction) {
  return guard_value<const deltos_snapshot *>(
      nullptr, [&] { return check_handle(transaction).ok() ? &transaction->snapshot : nullptr; });
}

deltos_status deltos_transaction_commit(deltos_transaction **transaction, int32_t durability, uint64_t *id,
                                        deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(transaction, "the handle"));
    DELTOS_TRY(check_handle(*transaction));
    if (durability < DELTOS_SYNC || durability > DELTOS_ASYNC) {
      return fail(Code::invalid, "%d is not a durability; use SYNC, LAZY or ASYNC", durability);
    }
    DELTOS_ASSIGN(const std::uint64_t committed,
                  (*transaction)->transaction->commit(static_cast<store::Durability>(durability)));
    release_handle(transaction);
    if (id != nullptr) *id = committed;
    return {};
  });
}

void deltos_transaction_abort(deltos_transaction **transaction) {
  return guard_void([&] {
    if (transaction == nullptr || !check_handle(*transaction).ok()) return;
    (*transaction)->transaction->abort();
    release_handle(transaction);
  });
}

deltos_status deltos_transaction_rename(deltos_transaction *transaction, const char *from, const char *to,
                                        uint8_t replace, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(from, "old name"));
    DELTOS_TRY(check_text(to, "new name"));
    DELTOS_TRY(check_truth(replace, "replace"));
    return transaction->transaction->rename(from, to, replace != 0);
  });
}

deltos_status deltos_transaction_delete(deltos_transaction *transaction, const char *name, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(name, "name"));
    return transaction->transaction->remove(name);
  });
}

deltos_status deltos_transaction_delete_prefix(deltos_transaction *transaction, const char *prefix, uint64_t *count,
                                               deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle(transaction));
    DELTOS_TRY(check_text(prefix, "prefix"));
    DELTOS_ASSIGN(const std::uint64_t removed, transaction->transaction->remove_prefix(prefix));
    if (count != nullptr) *count = removed;
    return {};
  });
}
