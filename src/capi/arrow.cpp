// include/deltos/arrow.h
#include <deltos/arrow.h>

#include "capi/convert.hpp"
#include "capi/guard.hpp"
#include "interop/arrow.hpp"

using namespace deltos;
using namespace deltos::capi;

deltos_status deltos_view_to_arrow(const deltos_view *view, deltos_arrow_schema *schema, deltos_arrow_array *array,
                                   deltos_error *err) {
  return guard(err, [&]() -> Status {
    DELTOS_TRY(check_output(schema, "the type"));
    schema->release = nullptr;
    if (array != nullptr) array->release = nullptr;
    DELTOS_ASSIGN(const std::shared_ptr<const object::Memory> memory, memory_of(view, nullptr));
    DELTOS_ASSIGN(interop::ArrowColumn column, interop::arrow_column_of(memory));
    interop::give(std::move(column), schema, array);
    return {};
  });
}
