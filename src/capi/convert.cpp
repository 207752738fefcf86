#include "capi/convert.hpp"

#include "object/sorted_map.hpp"
#include "os/file.hpp"

namespace deltos::capi {
namespace {

constexpr std::int64_t kProgressIntervalNs = 50'000'000;

constexpr std::uint32_t kKnownOpenFlags = DELTOS_OPEN_SIGBUS_GUARD | DELTOS_OPEN_VERIFY | DELTOS_OPEN_ROLLBACK |
                                          DELTOS_OPEN_REDIRTY | DELTOS_OPEN_COPY | DELTOS_OPEN_NO_TRIM |
                                          DELTOS_OPEN_FORCE | DELTOS_OPEN_SPARSE | DELTOS_OPEN_COMPRESS;
constexpr std::uint32_t kWriteFlags = DELTOS_OPEN_ROLLBACK | DELTOS_OPEN_REDIRTY | DELTOS_OPEN_NO_TRIM |
                                      DELTOS_OPEN_FORCE | DELTOS_OPEN_SPARSE | DELTOS_OPEN_COMPRESS;

Status check_numbers(const deltos_open_options &given) {
  if (given.mode < DELTOS_MODE_READ || given.mode > DELTOS_MODE_STATIC) {
    return fail(Code::invalid, "%d is not a mode; use READ, IN_PLACE, WRITE or STATIC", given.mode);
  }
  if (given.create < DELTOS_CREATE_NEVER || given.create > DELTOS_CREATE_REPLACE) {
    return fail(Code::invalid, "%d is not a policy for creation; use NEVER, IF_ABSENT, NEW or REPLACE", given.create);
  }
  if ((given.flags & ~kKnownOpenFlags) != 0) {
    return fail(Code::invalid, "flags 0x%x are not known", given.flags & ~kKnownOpenFlags);
  }
  return {};
}

Status check_combination(const deltos_open_options &given, Source source) {
  const bool writes = given.mode == DELTOS_MODE_WRITE;
  const bool is_part = given.offset != 0 || given.size != 0;
  if (given.create != DELTOS_CREATE_NEVER && (!writes || source != Source::path)) {
    return fail(Code::invalid, "only mode WRITE with a path can create a file");
  }
  if ((given.flags & kWriteFlags) != 0 && !writes) {
    return fail(Code::invalid, "flags 0x%x need mode WRITE", given.flags & kWriteFlags);
  }
  const bool reads_only = given.mode == DELTOS_MODE_READ || given.mode == DELTOS_MODE_STATIC;
  if ((is_part || (given.flags & DELTOS_OPEN_COPY) != 0) && !reads_only) {
    return fail(Code::invalid, "a part of a file, or a copy, is opened with mode READ or STATIC only");
  }
  if (source == Source::memory && !reads_only) {
    return fail(Code::invalid, "memory of the caller's is opened with mode READ or STATIC only");
  }
  if (is_part && source != Source::path && source != Source::descriptor) {
    return fail(Code::invalid, "offset and size choose a part of a file; this is none");
  }
  return {};
}

store::Mode mode_of(const deltos_open_options &given, Source source) {
  const bool is_fixed =
      source == Source::memory || given.offset != 0 || given.size != 0 || (given.flags & DELTOS_OPEN_COPY) != 0;
  return is_fixed ? store::Mode::immutable : static_cast<store::Mode>(given.mode);
}

}  // namespace

store::Progress progress_of(deltos_progress progress, void *user) {
  if (progress == nullptr) return {};
  return [progress, user, next = std::int64_t{0}](std::uint64_t done, std::uint64_t total) mutable {
    const std::int64_t now = os::monotonic_ns();
    if (now < next && done != total) return false;
    next = now + kProgressIntervalNs;
    return progress(done, total, user) != 0;
  };
}

std::function<Status(std::uint64_t, std::uint64_t)> ask_of(deltos_progress progress, void *user, const char *what) {
  return [asked = progress_of(progress, user), what](std::uint64_t done, std::uint64_t total) -> Status {
    if (!asked || !asked(done, total)) return {};
    return fail(Code::cancelled, "the progress function has cancelled the check of %s", what);
  };
}

Result<store::OpenOptions> open_options_of(const deltos_open_options *given, Source source) {
  DELTOS_ASSIGN(deltos_open_options known, read_struct(given));
  DELTOS_TRY(check_numbers(known));
  if (source == Source::anonymous && known.mode == DELTOS_MODE_READ) known.mode = DELTOS_MODE_WRITE;
  if (source == Source::anonymous && known.mode != DELTOS_MODE_WRITE) {
    return fail(Code::invalid, "anonymous memory starts empty and is opened with mode WRITE only");
  }
  DELTOS_TRY(check_combination(known, source));
  store::OpenOptions options;
  options.mode = mode_of(known, source);
  options.create = static_cast<store::Create>(known.create);
  options.sigbus_guard = (known.flags & DELTOS_OPEN_SIGBUS_GUARD) != 0;
  options.verify = (known.flags & DELTOS_OPEN_VERIFY) != 0;
  options.rollback = (known.flags & DELTOS_OPEN_ROLLBACK) != 0;
  options.redirty = (known.flags & DELTOS_OPEN_REDIRTY) != 0;
  options.copy = (known.flags & DELTOS_OPEN_COPY) != 0;
  options.trim = (known.flags & DELTOS_OPEN_NO_TRIM) == 0;
  options.force = (known.flags & DELTOS_OPEN_FORCE) != 0;
  options.sparse = (known.flags & DELTOS_OPEN_SPARSE) != 0;
  options.compress = (known.flags & DELTOS_OPEN_COMPRESS) != 0;
  options.offset = known.offset;
  options.bytes = known.size;
  options.reserve_bytes = known.reserve_bytes;
  options.max_file_bytes = known.max_file_bytes;
  options.auto_sync_bytes = known.auto_sync_bytes;
  options.progress = progress_of(known.progress, known.progress_user);
  return options;
}

Result<CopyOptions> copy_options_of(const deltos_copy_options *given) {
  DELTOS_ASSIGN(const deltos_copy_options known, read_struct(given));
  if ((known.flags & ~std::uint32_t{DELTOS_COPY_REPLACE}) != 0) {
    return fail(Code::invalid, "flags 0x%x are not known", known.flags);
  }
  return CopyOptions{(known.flags & DELTOS_COPY_REPLACE) != 0, progress_of(known.progress, known.progress_user)};
}

Status check_truth(std::uint8_t value, const char *name) {
  if (value <= 1) return {};
  return fail(Code::invalid, "%s is %u; it must be 0 or 1", name, value);
}

Result<dtype::Format> element_type_of(const char *format, std::int32_t dtype) {
  std::optional<std::string_view> text;
  if (format != nullptr) text = format;
  return object::element_type(text, dtype, 0);
}

Result<std::shared_ptr<const object::Memory>> memory_of(const deltos_view *given, std::shared_ptr<const void> owner) {
  if (given == nullptr) return fail(Code::invalid, "the view is NULL");
  if (const ViewHandle *handle = view_handle(given)) return handle->view.memory();
  DELTOS_ASSIGN(const deltos_view known, read_struct(given));
  if (known.owner != nullptr) {
    return fail(Code::invalid, "the view has an owner but is not one of the library's, or has been released");
  }
  DELTOS_TRY(check_truth(known.readonly, "readonly"));
  object::Description description;
  description.data = static_cast<std::byte *>(known.data);
  description.ndim = known.ndim;
  description.dtype = known.dtype;
  description.readonly = known.readonly != 0;
  description.bytes = known.nbytes;
  description.item_bytes = known.itemsize;
  if (known.format != nullptr) description.format = known.format;
  description.shape = known.shape;
  description.strides = known.strides;
  description.suboffsets = known.suboffsets;
  return object::Memory::describe(description, std::move(owner));
}

Result<std::shared_ptr<const object::Memory>> writable_memory_of(const deltos_view *given) {
  DELTOS_ASSIGN(std::shared_ptr<const object::Memory> memory, memory_of(given, nullptr));
  if (given->readonly != 0) return fail(Code::readonly, "the target is read-only; request it with WRITABLE");
  return memory;
}

Status check_room(const void *data, const std::uint64_t *size) {
  DELTOS_TRY(check_output(size, "the size"));
  if (data == nullptr && *size != 0) return fail(Code::invalid, "the memory is NULL, but its size is not 0");
  return {};
}

Status check_fits(std::uint64_t bytes, std::uint64_t room, const char *what) {
  if (bytes <= room) return {};
  return fail(Code::too_small, "%s has %llu bytes; there is room for %llu", what,
              static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(room));
}

record::Column column_of(const deltos_column &given) {
  record::Column column;
  column.layout = static_cast<record::ColumnLayout>(given.layout);
  column.dtype = given.dtype;
  column.count = given.count;
  column.data = static_cast<const std::byte *>(given.data);
  column.offsets = given.offsets;
  column.item_bytes = given.item_size;
  column.stride = given.stride;
  return column;
}

bool can_be_written(const store::ObjectRef &object) {
  const auto storage = object.storage();
  const auto current = object.current();
  if (!storage.ok() || !current.ok() || !*current || object.record().sealed) return false;
  const store::Mode mode = storage.value()->mode();
  return mode == store::Mode::write || mode == store::Mode::in_place;
}

Result<object::View> view_of(const deltos_object &object, std::int32_t flags) {
  if (object.array) return object.array->acquire(flags);
  if (object.table) return object.table->acquire(flags);
  if (object.value || object.records || object.hash_map)
    return fail(Code::kind, "the object is a value, a record table or a hash map, which have views of their parts");
  if (object.sorted_map) return fail(Code::kind, "the object is a sorted map, which has no views; read its pairs");
  return object::export_buffer(*object.object, flags);
}

Result<Content> content_of(const store::ObjectRef &object) {
  Content content;
  switch (object.record().kind) {
    case object::kKindValue: {
      DELTOS_ASSIGN(content.value, object::Value::stored(object));
      break;
    }
    case object::kKindRecordTable: {
      DELTOS_ASSIGN(content.records, object::RecordTable::stored(object));
      break;
    }
    case object::kKindHashMap: {
      DELTOS_ASSIGN(content.hash_map, object::HashMap::stored(object));
      break;
    }
    case object::kKindSortedMap: {
      DELTOS_ASSIGN(content.sorted_map, store::MapRef::open(object));
      break;
    }
  }
  return content;
}

Status give(Result<std::shared_ptr<store::Storage>> made, deltos_storage **out) {
  if (!made.ok()) return std::move(made).error();
  *out = new deltos_storage(std::move(made).value());
  return {};
}

Status give(Result<std::shared_ptr<store::ObjectRef>> made, deltos_object **out) {
  if (!made.ok()) return std::move(made).error();
  if (out == nullptr) return {};
  if (made.value()->record().kind == object::kKindArray) {
    DELTOS_ASSIGN(object::Array::Pointer array, object::open_array(**made, {}));
    *out = new deltos_object(std::move(made).value(), std::move(array));
    return {};
  }
  DELTOS_ASSIGN(Content content, content_of(**made));
  *out = new deltos_object(std::move(made).value(), std::move(content));
  return {};
}

Status give(Result<object::Table::Pointer> made, deltos_object **out) {
  if (!made.ok()) return std::move(made).error();
  *out = new deltos_object(std::move(made).value());
  return {};
}

Status give(Result<object::View> made, deltos_view **out) {
  if (!made.ok()) return std::move(made).error();
  *out = &(new ViewHandle(std::move(made).value()))->fields;
  return {};
}

}  // namespace deltos::capi
