// The numbers of the public headers and those of the layers below are the same numbers. Nothing below the boundary
// includes a public header, so they are tied here.
#pragma once

#include <deltos/deltos.h>

#include "base/status.hpp"
#include "dtype/atomic.hpp"
#include "dtype/compare.hpp"
#include "dtype/dtype.hpp"
#include "dtype/request.hpp"
#include "object/array.hpp"
#include "object/table.hpp"
#include "object/value.hpp"
#include "store/options.hpp"
#include "value/json.hpp"

namespace deltos::capi {

#define DELTOS_SAME(inner, outer) static_assert(static_cast<std::int64_t>(inner) == (outer))

DELTOS_SAME(Code::ok, DELTOS_OK);
DELTOS_SAME(Code::invalid, DELTOS_E_INVALID);
DELTOS_SAME(Code::kind, DELTOS_E_KIND);
DELTOS_SAME(Code::type, DELTOS_E_TYPE);
DELTOS_SAME(Code::range, DELTOS_E_RANGE);
DELTOS_SAME(Code::too_small, DELTOS_E_TOO_SMALL);
DELTOS_SAME(Code::not_found, DELTOS_E_NOT_FOUND);
DELTOS_SAME(Code::exists, DELTOS_E_EXISTS);
DELTOS_SAME(Code::readonly, DELTOS_E_READONLY);
DELTOS_SAME(Code::sealed, DELTOS_E_SEALED);
DELTOS_SAME(Code::pinned, DELTOS_E_PINNED);
DELTOS_SAME(Code::busy, DELTOS_E_BUSY);
DELTOS_SAME(Code::closed, DELTOS_E_CLOSED);
DELTOS_SAME(Code::stale, DELTOS_E_STALE);
DELTOS_SAME(Code::forked, DELTOS_E_FORKED);
DELTOS_SAME(Code::layout, DELTOS_E_LAYOUT);
DELTOS_SAME(Code::format, DELTOS_E_FORMAT);
DELTOS_SAME(Code::cancelled, DELTOS_E_CANCELLED);
DELTOS_SAME(Code::structure, DELTOS_E_STRUCT);
DELTOS_SAME(Code::unsupported, DELTOS_E_UNSUPPORTED);
DELTOS_SAME(Code::duplicate, DELTOS_E_DUPLICATE);
DELTOS_SAME(Code::corrupt, DELTOS_E_CORRUPT);
DELTOS_SAME(Code::not_deltos, DELTOS_E_NOT_DELTOS);
DELTOS_SAME(Code::feature, DELTOS_E_FEATURE);
DELTOS_SAME(Code::limit, DELTOS_E_LIMIT);
DELTOS_SAME(Code::replaced, DELTOS_E_REPLACED);
DELTOS_SAME(Code::io, DELTOS_E_IO);
DELTOS_SAME(Code::in_doubt, DELTOS_E_IN_DOUBT);
DELTOS_SAME(Code::no_space, DELTOS_E_NO_SPACE);
DELTOS_SAME(Code::no_memory, DELTOS_E_NO_MEMORY);
DELTOS_SAME(Code::address_space, DELTOS_E_ADDRESS_SPACE);
DELTOS_SAME(Code::filesystem, DELTOS_E_FILESYSTEM);
DELTOS_SAME(Code::locked, DELTOS_E_LOCKED);
DELTOS_SAME(Code::internal, DELTOS_E_INTERNAL);

DELTOS_SAME(dtype::Dtype::other, DELTOS_DTYPE_OTHER);
DELTOS_SAME(dtype::Dtype::boolean, DELTOS_DTYPE_BOOL);
DELTOS_SAME(dtype::Dtype::i8, DELTOS_DTYPE_I8);
DELTOS_SAME(dtype::Dtype::i16, DELTOS_DTYPE_I16);
DELTOS_SAME(dtype::Dtype::i32, DELTOS_DTYPE_I32);
DELTOS_SAME(dtype::Dtype::i64, DELTOS_DTYPE_I64);
DELTOS_SAME(dtype::Dtype::u8, DELTOS_DTYPE_U8);
DELTOS_SAME(dtype::Dtype::u16, DELTOS_DTYPE_U16);
DELTOS_SAME(dtype::Dtype::u32, DELTOS_DTYPE_U32);
DELTOS_SAME(dtype::Dtype::u64, DELTOS_DTYPE_U64);
DELTOS_SAME(dtype::Dtype::f16, DELTOS_DTYPE_F16);
DELTOS_SAME(dtype::Dtype::f32, DELTOS_DTYPE_F32);
DELTOS_SAME(dtype::Dtype::f64, DELTOS_DTYPE_F64);
DELTOS_SAME(dtype::Dtype::c64, DELTOS_DTYPE_C64);
DELTOS_SAME(dtype::Dtype::c128, DELTOS_DTYPE_C128);
DELTOS_SAME(dtype::Dtype::bytes, DELTOS_DTYPE_BYTES);
DELTOS_SAME(dtype::Dtype::ucs4, DELTOS_DTYPE_UCS4);
DELTOS_SAME(dtype::Dtype::structure, DELTOS_DTYPE_STRUCT);
DELTOS_SAME(dtype::Dtype::bf16, DELTOS_DTYPE_BF16);
DELTOS_SAME(dtype::Dtype::f8_e4m3, DELTOS_DTYPE_F8_E4M3);
DELTOS_SAME(dtype::Dtype::f8_e5m2, DELTOS_DTYPE_F8_E5M2);

DELTOS_SAME(dtype::kRequestSimple, DELTOS_VIEW_SIMPLE);
DELTOS_SAME(dtype::kRequestWritable, DELTOS_VIEW_WRITABLE);
DELTOS_SAME(dtype::kRequestFormat, DELTOS_VIEW_FORMAT);
DELTOS_SAME(dtype::kRequestNd, DELTOS_VIEW_ND);
DELTOS_SAME(dtype::kRequestStrides, DELTOS_VIEW_STRIDES);
DELTOS_SAME(dtype::kRequestC, DELTOS_VIEW_C);
DELTOS_SAME(dtype::kRequestF, DELTOS_VIEW_F);
DELTOS_SAME(dtype::kRequestAny, DELTOS_VIEW_ANY);
DELTOS_SAME(dtype::kRequestIndirect, DELTOS_VIEW_INDIRECT);
DELTOS_SAME(dtype::kRequestFullReadOnly, DELTOS_VIEW_FULL_RO);
DELTOS_SAME(dtype::kRequestFull, DELTOS_VIEW_FULL);

DELTOS_SAME(dtype::Order::less, DELTOS_COMPARE_LESS);
DELTOS_SAME(dtype::Order::equal, DELTOS_COMPARE_EQUAL);
DELTOS_SAME(dtype::Order::greater, DELTOS_COMPARE_GREATER);
DELTOS_SAME(dtype::Order::unordered, DELTOS_COMPARE_UNORDERED);
DELTOS_SAME(dtype::kMemoryRelaxed, DELTOS_MEMORY_RELAXED);
DELTOS_SAME(dtype::kMemoryAcquire, DELTOS_MEMORY_ACQUIRE);
DELTOS_SAME(dtype::kMemoryRelease, DELTOS_MEMORY_RELEASE);
DELTOS_SAME(dtype::kMemoryAcquireRelease, DELTOS_MEMORY_ACQ_REL);
DELTOS_SAME(dtype::kMemorySequential, DELTOS_MEMORY_SEQ_CST);

DELTOS_SAME(object::kKindBuffer, DELTOS_KIND_BUFFER);
DELTOS_SAME(object::kKindArray, DELTOS_KIND_ARRAY);
DELTOS_SAME(object::kKindTable, DELTOS_KIND_TABLE);
DELTOS_SAME(object::kKindValue, DELTOS_KIND_VALUE);
DELTOS_SAME(value::Kind::null, DELTOS_VALUE_NULL);
DELTOS_SAME(value::Kind::boolean, DELTOS_VALUE_BOOL);
DELTOS_SAME(value::Kind::integer, DELTOS_VALUE_INT);
DELTOS_SAME(value::Kind::unsigned_integer, DELTOS_VALUE_UINT);
DELTOS_SAME(value::Kind::floating, DELTOS_VALUE_FLOAT);
DELTOS_SAME(value::Kind::bytes, DELTOS_VALUE_BYTES);
DELTOS_SAME(value::Kind::utf8, DELTOS_VALUE_UTF8);
DELTOS_SAME(value::Kind::list, DELTOS_VALUE_LIST);
DELTOS_SAME(value::Kind::tuple, DELTOS_VALUE_TUPLE);
DELTOS_SAME(value::Kind::set, DELTOS_VALUE_SET);
DELTOS_SAME(value::Kind::dict, DELTOS_VALUE_DICT);
DELTOS_SAME(value::Kind::date, DELTOS_VALUE_DATE);
DELTOS_SAME(value::Kind::datetime, DELTOS_VALUE_DATETIME);
DELTOS_SAME(value::Kind::decimal, DELTOS_VALUE_DECIMAL);
DELTOS_SAME(value::Kind::ndarray, DELTOS_VALUE_NDARRAY);
DELTOS_SAME(value::Kind::reference, DELTOS_VALUE_REFERENCE);
DELTOS_SAME(value::Kind::end, DELTOS_VALUE_END);
DELTOS_SAME(value::Kind::share, DELTOS_VALUE_SHARE);
DELTOS_SAME(value::Special::signalling_nan, DELTOS_DECIMAL_SIGNALLING_NAN);
DELTOS_SAME(value::kNoZone, DELTOS_VALUE_NO_ZONE);
DELTOS_SAME(value::kJsonIndent, DELTOS_JSON_INDENT);
DELTOS_SAME(value::kJsonAscii, DELTOS_JSON_ASCII);
DELTOS_SAME(store::Mode::read, DELTOS_MODE_READ);
DELTOS_SAME(store::Mode::in_place, DELTOS_MODE_IN_PLACE);
DELTOS_SAME(store::Mode::write, DELTOS_MODE_WRITE);
DELTOS_SAME(store::Mode::immutable, DELTOS_MODE_STATIC);
DELTOS_SAME(store::Create::existing, DELTOS_CREATE_NEVER);
DELTOS_SAME(store::Create::if_absent, DELTOS_CREATE_IF_ABSENT);
DELTOS_SAME(store::Create::fresh, DELTOS_CREATE_NEW);
DELTOS_SAME(store::Create::replace, DELTOS_CREATE_REPLACE);
DELTOS_SAME(store::Durability::sync, DELTOS_SYNC);
DELTOS_SAME(store::Durability::lazy, DELTOS_LAZY);
DELTOS_SAME(store::Durability::async, DELTOS_ASYNC);
DELTOS_SAME(store::VerifyLevel::structure, DELTOS_VERIFY_STRUCT);
DELTOS_SAME(store::VerifyLevel::full, DELTOS_VERIFY_FULL);
DELTOS_SAME(format::kMajor, DELTOS_FORMAT_MAJOR);
DELTOS_SAME(format::kMinor, DELTOS_FORMAT_MINOR);

#undef DELTOS_SAME

}  // namespace deltos::capi
