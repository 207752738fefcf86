#include "record/value_kind.hpp"

namespace deltos::record {
namespace {

bool fits(Type type, value::Kind kind) {
  switch (type) {
    case Type::list:
      return kind == value::Kind::list;
    case Type::tuple:
      return kind == value::Kind::tuple;
    case Type::set:
      return kind == value::Kind::set;
    case Type::dict:
      return kind == value::Kind::dict;
    case Type::decimal:
      return kind == value::Kind::decimal;
    case Type::ndarray:
      return kind == value::Kind::ndarray;
    default:
      return true;
  }
}

}  // namespace

Result<Bytes> read_value(Bytes image, Type type, value::Item *root) {
  DELTOS_ASSIGN(const value::Reader reader, value::Reader::open(image));
  DELTOS_TRY(reader.read(0, root));
  if (fits(type, root->kind)) return reader.image();
  return fail(Code::type, "the value is of kind %d, and the slot of type %s", static_cast<int>(root->kind),
              name_of(type).data());
}

}  // namespace deltos::record
