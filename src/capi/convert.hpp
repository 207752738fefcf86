// From the structs and numbers of the public headers to those of the layers below, and back.
#pragma once

#include "capi/abi_check.hpp"
#include "capi/codes.hpp"
#include "capi/handle.hpp"
#include "record/columns.hpp"

namespace deltos::capi {

// Asks the caller's function at most 20 times a second, and at the end. None: an empty function.
store::Progress progress_of(deltos_progress progress, void *user);
// The same for a check: cancelled, with what was being checked.
std::function<Status(std::uint64_t, std::uint64_t)> ask_of(deltos_progress progress, void *user, const char *what);

// Where the bytes of a storage come from; each allows other options.
enum class Source { path, descriptor, anonymous, memory };
// structure, invalid.
Result<store::OpenOptions> open_options_of(const deltos_open_options *given, Source source);

struct CopyOptions {
  bool replace = false;
  store::Progress progress;
};
Result<CopyOptions> copy_options_of(const deltos_copy_options *given);

// A caller's uint8_t that answers yes or no. invalid.
Status check_truth(std::uint8_t value, const char *name);

// The type of elements that a caller gives as a format (may be NULL), a number, or both. As object::element_type().
Result<dtype::Format> element_type_of(const char *format, std::int32_t dtype);

// What a view struct describes: one made by the library as it was made, one filled by the caller after all checks. The
// memory is borrowed, and `owner` (may be empty) held by the result.
Result<std::shared_ptr<const object::Memory>> memory_of(const deltos_view *given, std::shared_ptr<const void> owner);

// The same of one that is to be written. readonly.
Result<std::shared_ptr<const object::Memory>> writable_memory_of(const deltos_view *given);

// The caller's array for a list.
template <class T>
Status check_array(T *items, std::uint64_t capacity, const std::uint64_t *count) {
  DELTOS_TRY(check_output(count, "the count"));
  if (items == nullptr && capacity != 0)
    return fail(Code::invalid, "room for the list is NULL, but its capacity is not 0");
  return {};
}

// As many as there is room for; the count is that of all.
template <class From, class To, class Convert>
Status give_list(const std::vector<From> &from, To *items, std::uint64_t capacity, std::uint64_t *count,
                 Convert convert) {
  const std::uint64_t fitting = std::min<std::uint64_t>(from.size(), capacity);
  for (std::uint64_t i = 0; i < fitting; ++i) items[i] = convert(from[i]);
  *count = from.size();
  return {};
}

// The caller's memory for something whose size may be asked for first.
Status check_room(const void *data, const std::uint64_t *size);
// too_small: there is not so much room; names what it is for.
Status check_fits(std::uint64_t bytes, std::uint64_t room, const char *what);

// Two structs with the same fields: the inner one has no need of public headers.
inline void show_item(const value::Item &item, deltos_item *out) {
  out->kind = static_cast<std::int32_t>(item.kind);
  out->detail = item.detail;
  out->node = item.node;
  out->count = item.count;
  out->i64 = item.i64;
  out->u64 = item.u64;
  out->f64 = item.f64;
  out->data = item.data;
}

// Whether a writable view can be had of it, as far as its storage and its seal say.
bool can_be_written(const store::ObjectRef &object);

// kind: it has no view as a whole.
Result<object::View> view_of(const deltos_object &object, std::int32_t flags);

// What a caller's column is; nothing of it has been checked.
record::Column column_of(const deltos_column &given);

// Opens what is more than memory in an object.
Result<Content> content_of(const store::ObjectRef &object);

// Gives what a call has made to its caller.
Status give(Result<std::shared_ptr<store::Storage>> made, deltos_storage **out);
Status give(Result<std::shared_ptr<store::ObjectRef>> made, deltos_object **out);
Status give(Result<object::Table::Pointer> made, deltos_object **out);
Status give(Result<object::View> made, deltos_view **out);

}  // namespace deltos::capi
