// include/deltos/table.h
#include <deltos/table.h>

#include "capi/convert.hpp"
#include "capi/guard.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

Status check_table(const deltos_object *object) {
  DELTOS_TRY(check_handle(object));
  if (object->table) return {};
  return fail(Code::kind, "the object is not a table");
}

// With a transaction a handle may be declined.
Status check_place(const deltos_transaction *transaction, const char *name, deltos_object **table) {
  if (table != nullptr) *table = nullptr;
  if (transaction == nullptr) {
    if (name != nullptr) return fail(Code::invalid, "a table with a name needs a transaction");
    return check_output(table, "the handle");
  }
  DELTOS_TRY(check_handle(transaction));
  return check_text(name, "name");
}

Result<std::vector<const object::View *>> views_of(const deltos_view *const *views, std::int64_t count) {
  if (count < 0) return fail(Code::invalid, "%lld is not a number of views", static_cast<long long>(count));
  if (views == nullptr && count > 0) return fail(Code::invalid, "the views are NULL");
  std::vector<const object::View *> found;
  found.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const ViewHandle *handle = view_handle(views[i]);
    if (handle == nullptr) {
      return fail(Code::invalid, "row %lld is %s", static_cast<long long>(i),
                  views[i] == nullptr ? "NULL" : "no view made by the library; make one with deltos_view_wrap()");
    }
    found.push_back(&handle->view);
  }
  return found;
}

deltos_table_info public_info(const object::Table::Facts &facts) {
  deltos_table_info known{};
  known.dtype = static_cast<std::int32_t>(facts.shown->format.dtype);
  known.rows = facts.shown->rows();
  known.columns = facts.shown->columns();
  known.itemsize = facts.shown->format.item_bytes;
  known.exports = facts.exports;
  known.readonly = facts.readonly ? 1 : 0;
  known.ragged = facts.shown->ragged() ? 1 : 0;
  known.stored = facts.stored ? 1 : 0;
  known.sealed = facts.sealed ? 1 : 0;
  known.format = facts.shown->format.text.c_str();
  return known;
}

}  // namespace

deltos_status deltos_table_create(deltos_transaction *transaction, const char *name, const char *format, int32_t dtype,
                                  int64_t rows, int64_t columns, const int64_t *lengths, deltos_object **table,
                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_place(transaction, name, table));
    DELTOS_ASSIGN(dtype::Format type, element_type_of(format, dtype));
    const object::RowLengths given{rows, columns, lengths};
    if (transaction == nullptr) return give(object::Table::zeroed(std::move(type), given), table);
    return transaction->transaction->all_or_nothing(
        [&] { return give(object::create_table(*transaction->transaction, name, type, given), table); });
  });
}

deltos_status deltos_table_wrap(void *const *rows, int64_t row_count, int64_t columns, const int64_t *lengths,
                                const char *format, int32_t dtype, uint8_t readonly, deltos_release release, void *user,
                                deltos_object **table, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(table));
    DELTOS_TRY(check_truth(readonly, "readonly"));
    DELTOS_ASSIGN(dtype::Format type, element_type_of(format, dtype));
    const auto owner = std::make_shared<Foreign>(release, user);
    auto *const pointers = reinterpret_cast<std::byte *const *>(rows);
    DELTOS_TRY(give(object::Table::wrap(std::move(type), pointers, {row_count, columns, lengths}, readonly != 0, owner),
                    table));
    owner->arm();
    return {};
  });
}

deltos_status deltos_table_from_view(const deltos_view *view, int32_t axis, deltos_object **table, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(table));
    DELTOS_TRY(check_library_view(view));
    if (axis != 0 && axis != 1) return fail(Code::invalid, "%d is not an axis; use 0 for rows, 1 for columns", axis);
    return give(object::Table::of_view(view_handle(view)->view, axis), table);
  });
}

deltos_status deltos_table_from_views(const deltos_view *const *views, int64_t count, int64_t columns,
                                      const char *format, int32_t dtype, deltos_object **table, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(table));
    if (columns < -1)
      return fail(Code::invalid, "%lld is not a number of columns; use -1 for that of the first row",
                  static_cast<long long>(columns));
    std::optional<dtype::Format> type;
    if (format != nullptr || dtype != 0) {
      DELTOS_ASSIGN(type, element_type_of(format, dtype));
    }
    DELTOS_ASSIGN(const std::vector<const object::View *> rows, views_of(views, count));
    return give(object::Table::of_views(rows, columns, std::move(type)), table);
  });
}

deltos_status deltos_table_stat(const deltos_object *table, deltos_table_info *info, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_table(table));
    DELTOS_TRY(check_output(info, "the facts"));
    DELTOS_TRY(check_struct_size(info));
    DELTOS_ASSIGN(const object::Table::Facts facts, table->table->facts());
    return write_struct(public_info(facts), info);
  });
}

deltos_status deltos_table_rows(const deltos_object *table, uint8_t writable, deltos_view **pin, void *const **rows,
                                const int64_t **lengths, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(pin));
    DELTOS_TRY(check_table(table));
    DELTOS_TRY(check_output(rows, "the row pointers"));
    DELTOS_TRY(check_truth(writable, "writable"));
    DELTOS_ASSIGN(object::Table::RowPointers found, table->table->rows(writable != 0, lengths != nullptr));
    DELTOS_TRY(give(std::move(found.pin), pin));
    *rows = reinterpret_cast<void *const *>(found.pointers);
    if (lengths != nullptr) *lengths = found.lengths;
    return {};
  });
}

deltos_status deltos_table_row(const deltos_object *table, int64_t row, int32_t flags, deltos_view **view,
                               deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_table(table));
    return give(table->table->row(row, flags), view);
  });
}

deltos_status deltos_table_to_dense(const deltos_object *table, deltos_view **view, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(view));
    DELTOS_TRY(check_table(table));
    return give(table->table->to_dense(), view);
  });
}

deltos_status deltos_table_reinterpret(deltos_object *table, const char *format, int32_t dtype, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_table(table));
    if (format == nullptr && dtype == 0) return fail(Code::invalid, "neither a format nor a dtype was given");
    DELTOS_ASSIGN(dtype::Format type, element_type_of(format, dtype));
    return table->table->reinterpret(std::move(type));
  });
}

deltos_status deltos_table_make_readonly(deltos_object *table, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_table(table));
    return table->table->make_readonly();
  });
}
