// What the opaque types of the public headers are.
//
// Each begins with a mark that tells its type and is wiped when it is destroyed, so that a handle of another type, and
// most that were released, are recognised. That is a help and not a promise: memory may have been reused.
#pragma once

#include <deltos/deltos.h>

#include <memory>
#include <string>
#include <vector>

#include "object/array.hpp"
#include "object/hash_map.hpp"
#include "object/metadata.hpp"
#include "object/record_table.hpp"
#include "object/table.hpp"
#include "object/value.hpp"
#include "store/map_cursor.hpp"
#include "store/storage.hpp"
#include "store/transaction.hpp"

namespace deltos::capi {

class Mark {
 public:
  explicit Mark(std::uint64_t value) : value_(value) {}
  // volatile: the wipe is the last store to the memory and must happen.
  ~Mark() { *const_cast<volatile std::uint64_t *>(&value_) = 0; }
  Mark(const Mark &) = delete;
  Mark &operator=(const Mark &) = delete;
  bool is(std::uint64_t value) const { return value_ == value; }

 private:
  std::uint64_t value_;
};

struct ViewHandle;

// A handle type's mark, and its name in messages.
template <class Handle>
struct HandleType;
template <>
struct HandleType<deltos_storage> {
  static constexpr std::uint64_t kMark = 0x64656c746f730001;
  static constexpr const char *kName = "storage";
};
template <>
struct HandleType<deltos_snapshot> {
  static constexpr std::uint64_t kMark = 0x64656c746f730002;
  static constexpr const char *kName = "snapshot";
};
template <>
struct HandleType<deltos_transaction> {
  static constexpr std::uint64_t kMark = 0x64656c746f730003;
  static constexpr const char *kName = "transaction";
};
template <>
struct HandleType<deltos_object> {
  static constexpr std::uint64_t kMark = 0x64656c746f730004;
  static constexpr const char *kName = "object";
};
template <>
struct HandleType<deltos_cursor> {
  static constexpr std::uint64_t kMark = 0x64656c746f730005;
  static constexpr const char *kName = "cursor";
};
template <>
struct HandleType<deltos_builder> {
  static constexpr std::uint64_t kMark = 0x64656c746f730007;
  static constexpr const char *kName = "builder";
};
template <>
struct HandleType<deltos_schema> {
  static constexpr std::uint64_t kMark = 0x64656c746f730008;
  static constexpr const char *kName = "schema";
};
template <>
struct HandleType<ViewHandle> {
  static constexpr std::uint64_t kMark = 0x64656c746f730006;
  static constexpr const char *kName = "view";
};

// What a handle shows of an object that is more than memory; all null: it is not.
struct Content {
  object::Value::Pointer value;
  object::RecordTable::Pointer records;
  object::HashMap::Pointer hash_map;
  store::MapRef::Pointer sorted_map;
};

}  // namespace deltos::capi

struct deltos_storage {
  explicit deltos_storage(std::shared_ptr<deltos::store::Storage> opened) : storage(std::move(opened)) {}
  deltos::capi::Mark mark{deltos::capi::HandleType<deltos_storage>::kMark};
  std::shared_ptr<deltos::store::Storage> storage;
};

struct deltos_snapshot {
  deltos_snapshot(std::shared_ptr<const deltos::store::Snapshot> taken, bool of_transaction)
      : snapshot(std::move(taken)), lent(of_transaction), metadata(snapshot) {}
  deltos::capi::Mark mark{deltos::capi::HandleType<deltos_snapshot>::kMark};
  std::shared_ptr<const deltos::store::Snapshot> snapshot;
  bool lent;  // belongs to a transaction
  mutable deltos::object::MetadataReader metadata;
};

struct deltos_transaction {
  explicit deltos_transaction(std::shared_ptr<deltos::store::Transaction> begun)
      : transaction(std::move(begun)), snapshot(transaction->snapshot(), true) {}
  deltos::capi::Mark mark{deltos::capi::HandleType<deltos_transaction>::kMark};
  std::shared_ptr<deltos::store::Transaction> transaction;
  deltos_snapshot snapshot;
};

struct deltos_object {
  explicit deltos_object(std::shared_ptr<deltos::store::ObjectRef> opened) : object(std::move(opened)) {
    if (object->record().kind == deltos::object::kKindTable) table = deltos::object::Table::stored(object);
  }
  deltos_object(std::shared_ptr<deltos::store::ObjectRef> opened, deltos::object::Array::Pointer elements)
      : object(std::move(opened)), array(std::move(elements)) {}
  deltos_object(std::shared_ptr<deltos::store::ObjectRef> opened, deltos::capi::Content content)
      : deltos_object(std::move(opened)) {
    show(std::move(content));
  }
  explicit deltos_object(deltos::object::Value::Pointer in_memory) : value(std::move(in_memory)) {}
  explicit deltos_object(deltos::object::RecordTable::Pointer in_memory) : records(std::move(in_memory)) {}
  explicit deltos_object(deltos::object::HashMap::Pointer in_memory) : hash_map(std::move(in_memory)) {}
  explicit deltos_object(deltos::object::Table::Pointer in_memory) : table(std::move(in_memory)) {}
  explicit deltos_object(deltos::object::Array::Pointer outside) : array(std::move(outside)) {}
  void show(deltos::capi::Content content) noexcept {
    value = std::move(content.value);
    records = std::move(content.records);
    hash_map = std::move(content.hash_map);
    sorted_map = std::move(content.sorted_map);
  }
  // Another state of the same object; what the handle itself restricts stays so.
  void show(std::shared_ptr<deltos::store::ObjectRef> other) noexcept {
    if (table) table->show(other);
    object = std::move(other);
  }
  deltos::capi::Mark mark{deltos::capi::HandleType<deltos_object>::kMark};
  std::shared_ptr<deltos::store::ObjectRef> object;  // null: without a storage
  deltos::object::Table::Pointer table;              // null: not a table
  deltos::object::Array::Pointer array;              // null: not an array
  deltos::object::Value::Pointer value;              // null: not a value
  deltos::object::RecordTable::Pointer records;      // null: not a record table
  deltos::object::HashMap::Pointer hash_map;         // null: not a hash map
  deltos::store::MapRef::Pointer sorted_map;         // null: not a sorted map
  mutable std::int64_t shown_length = 0;             // of an array, as it was told last
};

struct deltos_builder {
  deltos::capi::Mark mark{deltos::capi::HandleType<deltos_builder>::kMark};
  deltos::value::Builder value;
  std::unique_ptr<deltos::record::Builder> records;       // null: it builds a value
  std::unique_ptr<deltos::map::Builder> map;              // null: it builds no hash map
  std::weak_ptr<deltos::store::Transaction> transaction;  // of records
  std::string name;                                       // of records that are to be stored; empty: they are not
};

struct deltos_schema {
  explicit deltos_schema(deltos::record::SchemaPtr made) : schema(std::move(made)) {}
  deltos::capi::Mark mark{deltos::capi::HandleType<deltos_schema>::kMark};
  deltos::record::SchemaPtr schema;
};

struct deltos_cursor {
  deltos_cursor(std::shared_ptr<const deltos::store::Snapshot> listed, std::string start, bool one_level_only)
      : snapshot(std::move(listed)), prefix(std::move(start)), one_level(one_level_only) {}
  explicit deltos_cursor(std::unique_ptr<deltos::store::MapCursor> walk) : one_level(false), pairs(std::move(walk)) {}
  deltos::capi::Mark mark{deltos::capi::HandleType<deltos_cursor>::kMark};
  std::shared_ptr<const deltos::store::Snapshot> snapshot;
  std::string prefix;
  bool one_level;
  std::string last;                                   // name of the last entry given; empty: none yet
  std::vector<deltos::store::Snapshot::Entry> given;  // names are lent from here
  std::unique_ptr<deltos::store::MapCursor> pairs;    // null: it lists names
};

namespace deltos::capi {

// A view of the library's: the public struct lies inside, and its owner field leads back.
struct ViewHandle {
  explicit ViewHandle(object::View served);
  Mark mark{HandleType<ViewHandle>::kMark};
  object::View view;
  deltos_view fields;
};
// nullptr: not one of the library's.
ViewHandle *view_handle(const deltos_view *view);

// invalid: filled by the caller, or released.
Status check_library_view(const deltos_view *view);

// Memory of the caller's that is shown by views. Armed once the first view exists, so that a failure takes nothing.
class Foreign {
 public:
  Foreign(deltos_release release, void *user) : release_(release), user_(user) {}
  ~Foreign() {
    if (armed_ && release_ != nullptr) release_(user_);
  }
  Foreign(const Foreign &) = delete;
  Foreign &operator=(const Foreign &) = delete;
  void arm() { armed_ = true; }

 private:
  deltos_release release_;
  void *user_;
  bool armed_ = false;
};

template <class Handle>
Status check_handle(const Handle *handle) {
  if (handle == nullptr) return fail(Code::invalid, "the %s is NULL", HandleType<Handle>::kName);
  if (handle->mark.is(HandleType<Handle>::kMark)) return {};
  return fail(Code::invalid, "the handle is not a %s, or has been released", HandleType<Handle>::kName);
}

// A place for an output.
template <class T>
Status check_output(T *out, const char *name) {
  if (out != nullptr) return {};
  return fail(Code::invalid, "the place for %s is NULL", name);
}

// A place for a new handle: set to NULL, so that it is that on every failure.
template <class Handle>
Status check_handle_output(Handle **out) {
  DELTOS_TRY(check_output(out, "the handle"));
  *out = nullptr;
  return {};
}

inline Status check_path(const char *path) {
  if (path != nullptr && path[0] != '\0') return {};
  return fail(Code::invalid, "the path is %s", path == nullptr ? "NULL" : "empty");
}

inline Status check_text(const char *text, const char *name) {
  if (text != nullptr) return {};
  return fail(Code::invalid, "the %s is NULL", name);
}

// What is asked of the storage of an object that may have none: unsupported.
Status check_stored(const deltos_object *object);

// What a transaction changes must be of its own storage: ids of another one mean something else.
Status check_belongs(const deltos_transaction *transaction, const deltos_object *object);

// Ends a handle through the caller's variable; NULL and foreign handles are left alone.
template <class Handle>
void release_handle(Handle **handle) {
  if (handle == nullptr || *handle == nullptr || !check_handle(*handle).ok()) return;
  delete *handle;
  *handle = nullptr;
}

}  // namespace deltos::capi
