// include/deltos/arrow.h
#include <deltos/arrow.h>

#include "capi/build.hpp"
#include "capi/convert.hpp"
#include "capi/guard.hpp"
#include "interop/arrow_export.hpp"
#include "interop/arrow_import.hpp"

using namespace deltos;
using namespace deltos::capi;

namespace {

Status clear_outputs(deltos_arrow_schema *schema, deltos_arrow_array *array) {
  DELTOS_TRY(check_output(schema, "the type"));
  schema->release = nullptr;
  if (array != nullptr) array->release = nullptr;
  return {};
}

Result<interop::ArrowColumn> column_of_object(const deltos_object &object) {
  if (object.records) return interop::arrow_rows_of(object.records->reader(), object.records);
  DELTOS_ASSIGN(const object::View view, view_of(object, DELTOS_VIEW_STRIDES | DELTOS_VIEW_FORMAT));
  return interop::arrow_column_of(view.memory());
}

}  // namespace

deltos_status deltos_view_to_arrow(const deltos_view *view, deltos_arrow_schema *schema, deltos_arrow_array *array,
                                   deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(clear_outputs(schema, array));
    DELTOS_ASSIGN(const std::shared_ptr<const object::Memory> memory, memory_of(view, nullptr));
    DELTOS_ASSIGN(interop::ArrowColumn column, interop::arrow_column_of(memory));
    interop::give(std::move(column), schema, array);
    return {};
  });
}

deltos_status deltos_object_to_arrow(const deltos_object *object, deltos_arrow_schema *schema,
                                     deltos_arrow_array *array, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(clear_outputs(schema, array));
    DELTOS_TRY(check_handle(object));
    DELTOS_ASSIGN(interop::ArrowColumn column, column_of_object(*object));
    interop::give(std::move(column), schema, array);
    return {};
  });
}

deltos_status deltos_record_table_to_arrow_stream(const deltos_object *table, deltos_arrow_stream *stream,
                                                  deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(stream, "the stream"));
    stream->release = nullptr;
    DELTOS_TRY(check_handle(table));
    if (!table->records) return fail(Code::kind, "the object is not a record table");
    DELTOS_ASSIGN(interop::ArrowColumn rows, column_of_object(*table));
    interop::give(std::move(rows), stream);
    return {};
  });
}

deltos_status deltos_record_table_from_arrow(deltos_transaction *transaction, const char *name,
                                             deltos_arrow_stream *stream, const deltos_record_table_options *options,
                                             deltos_builder **builder, deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_handle_output(builder));
    if (stream == nullptr) return fail(Code::invalid, "the stream is NULL");
    DELTOS_ASSIGN(interop::Stream rows, interop::Stream::open(stream));
    DELTOS_ASSIGN(std::unique_ptr<deltos_builder> begun, begin_records(transaction, name, rows.schema(), options));
    for (bool more = true; more;) {
      DELTOS_ASSIGN(more, rows.next([&](const record::GivenRows &batch) { return begun->records->add(batch); }));
    }
    *builder = begun.release();
    return {};
  });
}
