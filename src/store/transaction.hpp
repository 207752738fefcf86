// Changes of structure, all or nothing. One transaction at a time a storage; used by one thread at a time, any thread.
#pragma once

#include <functional>
#include <mutex>

#include "store/sorted_map.hpp"
#include "store/storage.hpp"

namespace deltos::store {

struct NewObject {
  std::uint8_t kind = 0;
  std::uint16_t dtype = 0;
  std::uint64_t item_bytes = 0, payload_bytes = 0;
  std::vector<std::int64_t> shape;
  std::string format;
};

// Another of the same kind, type, shape and size.
NewObject new_like(const format::Object &object);

struct TransactionState;  // private, transaction_state.hpp

// Takes back what is done to a transaction while it lives, unless that is kept. One within another is part of it.
enum class Steps;
enum class Purpose;
class Attempt {
 public:
  explicit Attempt(TransactionState *state);  // of many steps, none of which may use what is left for removals
  Attempt(TransactionState *state, Steps steps, Purpose purpose);
  ~Attempt();
  Attempt(const Attempt &) = delete;
  Attempt &operator=(const Attempt &) = delete;
  void keep() noexcept;

 private:
  std::unique_lock<std::recursive_mutex> use_;
  TransactionState *state_;
};

class Transaction : public std::enable_shared_from_this<Transaction> {
 public:
  ~Transaction();  // aborts
  Transaction(const Transaction &) = delete;
  Transaction &operator=(const Transaction &) = delete;
  Result<std::shared_ptr<Storage>> storage() const;  // closed, forked; stale after commit or abort
  // Shows the transaction's own changes; valid as long as the transaction is open.
  std::shared_ptr<const Snapshot> snapshot() const;

  // On success the transaction is over. On failure it stays open, to be aborted, or tried again after no_space; io and
  // in_doubt are for good. Returns the id.
  Result<std::uint64_t> commit(Durability durability);
  void abort() noexcept;
  bool open() const;

  // Every call below happens whole or not at all: one that fails, or throws std::bad_alloc, leaves the transaction as
  // it was. So do several of them as one: `change` returns a Status or Result; what it did is taken back unless that is
  // ok.
  template <class Change>
  auto all_or_nothing(Change &&change) -> decltype(change()) {
    DELTOS_TRY(begin_attempt());
    const DeferredAbort last(*this);
    Attempt attempt(state_.get());
    auto done = change();
    if (done.ok()) attempt.keep();
    return done;
  }

  // Within such a change: runs what may call functions of the user's. Meanwhile all other calls on the transaction
  // answer busy, and so do arrays that would have to grow. stale: it was aborted, or the storage closed; that is done
  // at the end of the change.
  template <class Body>
  Status call_out(Body &&body) {
    const CallingOut calling(*this);
    DELTOS_TRY(body());
    return still_there();
  }
  // What the body asks whenever such a function has returned.
  Status still_there() const;
  // Whether an abort has been put off so.
  bool defer_abort() noexcept;

  // An object with payload that reads as zero (zeroed) or whatever was there (the caller fills all of it before
  // commit). exists, invalid name, no_space, limit.
  Result<std::shared_ptr<ObjectRef>> create(std::string_view name, const NewObject &object, bool zeroed);
  // An array without elements, with room for so many bytes.
  Result<std::shared_ptr<ObjectRef>> create_array(std::string_view name, const NewObject &object, std::uint64_t room);
  // New content under the id and name of `old`; swapped in by commit. copy: starts as a copy of the old payload (same
  // layout). stale when old is not the transaction's current content of that id.
  Result<std::shared_ptr<ObjectRef>> replace(const ObjectRef &old, const NewObject &object, bool copy, bool zeroed);
  // Sequential filling of an object created by this transaction, without dirtying the mapping: pwrite of at least 1 MiB
  // with write-behind. Chunks come in order; the total is payload_bytes.
  class Filler {
   public:
    virtual ~Filler() = default;
    virtual Status add(Bytes chunk) = 0;
    virtual Status finish() = 0;  // range when bytes are missing
  };
  Result<std::unique_ptr<Filler>> fill(const ObjectRef &object);
  // The same for the first bytes only, at most payload_bytes; the rest stays as it is.
  Result<std::unique_ptr<Filler>> fill_front(const ObjectRef &object, std::uint64_t bytes);

  Result<std::shared_ptr<ObjectRef>> seal(const ObjectRef &ref);  // pinned while writable exports live
  // Of one that this transaction has made and nobody has exported: a small one does not mind what its neighbours do.
  Result<std::shared_ptr<ObjectRef>> seal_unseen(const ObjectRef &ref);
  Result<std::shared_ptr<ObjectRef>> unseal(const ObjectRef &ref);  // a private copy takes its place

  Status rename(std::string_view from, std::string_view to, bool replace);
  Status remove(std::string_view name);  // not_found
  Result<std::uint64_t> remove_prefix(std::string_view prefix);
  // That an object of this name could be created now. invalid: no name; exists.
  Status check_free(std::string_view name);

  // By name, which must be there; "": the storage itself. Or by id, 0: the storage itself.
  Status set_metadatum(std::string_view name, std::string_view key, const format::Metadatum &item);
  Status set_metadatum(std::uint64_t object, std::string_view key, const format::Metadatum &item);
  Result<bool> remove_metadatum(std::uint64_t object, std::string_view key);

  explicit Transaction(std::unique_ptr<TransactionState> state);
  TransactionState &state() { return *state_; }

  // ---- sorted maps, by id; stale: there is none. Keys have at most format::kMaxKeyBytes, values kMaxMapValueBytes,
  // else limit. Of what a map has lent, a key and a short value may be put again.
  Result<std::shared_ptr<ObjectRef>> create_map(std::string_view name, std::uint32_t key);
  Result<bool> put_pair(std::uint64_t map, Bytes key, const MapValue &value);  // whether the key was there
  Result<bool> remove_pair(std::uint64_t map, Bytes key);                      // the same
  Result<std::uint64_t> remove_pairs(std::uint64_t map, const MapBounds &bounds);
  // The pair of a number, for as long as the next one is not asked for.
  struct Pair {
    Bytes key;
    MapValue value;
  };
  using Pairs = std::function<Result<Pair>(std::uint64_t index)>;
  Result<std::uint64_t> put_pairs(std::uint64_t map, const Pairs &pairs, std::uint64_t count);  // how many are new
  // Keys rise, and lie above those that are there. duplicate, range.
  Status append_pairs(std::uint64_t map, const Pairs &pairs, std::uint64_t count);

  // For copies that keep ids: `id` has not been handed out and the name is free.
  Result<std::shared_ptr<ObjectRef>> create_array_as(std::uint64_t id, std::string_view name, const NewObject &object,
                                                     std::uint64_t room);
  Result<std::shared_ptr<ObjectRef>> create_map_as(std::uint64_t id, std::string_view name, std::uint32_t key);
  Result<std::shared_ptr<ObjectRef>> create_as(std::uint64_t id, std::string_view name, const NewObject &object,
                                               bool zeroed);

 private:
  bool drop() noexcept;
  Status enter(std::uint64_t id, const format::Object &record);
  std::shared_ptr<ObjectRef> own(format::Object record);
  Result<format::Object> current(const ObjectRef &ref);
  Status copy_payload(const format::Extent &from, const format::Extent &to);
  Status lock_for_seal(const format::Object &object);
  Result<std::shared_ptr<ObjectRef>> seal_with(const ObjectRef &ref, bool unseen);
  Result<std::shared_ptr<ObjectRef>> seal_open(const format::Object &object, bool lock);
  Status check_described(std::uint64_t object);
  Status put_metadatum(std::uint64_t object, std::string_view key, const format::Metadatum &item);

  Status begin_attempt();
  class CallingOut {
   public:
    explicit CallingOut(Transaction &transaction);
    ~CallingOut();
    CallingOut(const CallingOut &) = delete;
    CallingOut &operator=(const CallingOut &) = delete;

   private:
    StorageState &shared_;
  };
  // Makes up for an abort that was put off, at the end of the outermost change; keeps the storage until then.
  class DeferredAbort {
   public:
    explicit DeferredAbort(Transaction &transaction);
    ~DeferredAbort();
    DeferredAbort(const DeferredAbort &) = delete;
    DeferredAbort &operator=(const DeferredAbort &) = delete;

   private:
    Transaction &transaction_;
    const std::shared_ptr<Storage> storage_;
  };

  std::unique_ptr<TransactionState> state_;
};

}  // namespace deltos::store
