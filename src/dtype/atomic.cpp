#include "dtype/atomic.hpp"

#include <atomic>
#include <type_traits>

#include "base/bytes.hpp"
#include "dtype/format_reader.hpp"

namespace deltos::dtype {
namespace {

static_assert(std::atomic_ref<std::uint32_t>::is_always_lock_free &&
                  std::atomic_ref<std::uint64_t>::is_always_lock_free,
              "a lock of this process would mean nothing to another one");

std::memory_order memory_order_of(std::int32_t order) {
  switch (order) {
    case kMemoryRelaxed:
      return std::memory_order_relaxed;
    case kMemoryAcquire:
      return std::memory_order_acquire;
    case kMemoryRelease:
      return std::memory_order_release;
    case kMemoryAcquireRelease:
      return std::memory_order_acq_rel;
    default:
      return std::memory_order_seq_cst;
  }
}

bool is_atomic(Scalar scalar) {
  return scalar == Scalar::i32 || scalar == Scalar::i64 || scalar == Scalar::u32 || scalar == Scalar::u64 ||
         scalar == Scalar::f32 || scalar == Scalar::f64;
}

template <class Word>
std::atomic_ref<Word> word_at(const std::byte *item) {
  // A load does not write; that reference has no form for constant memory.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  return std::atomic_ref<Word>(*reinterpret_cast<Word *>(const_cast<std::byte *>(item)));
}

// Calls with a word of the item's size.
template <class Call>
auto with_word(Scalar scalar, const Call &call) {
  return bytes_of(scalar) == 4 ? call(std::uint32_t()) : call(std::uint64_t());
}

template <class Float, class Word>
Word add_float(std::byte *item, std::int32_t order, const std::byte *summand) {
  std::atomic_ref<Word> word = word_at<Word>(item);
  Word before = word.load(std::memory_order_relaxed);
  while (!word.compare_exchange_weak(before, std::bit_cast<Word>(std::bit_cast<Float>(before) + load<Float>(summand)),
                                     memory_order_of(order), std::memory_order_relaxed)) {
  }
  return before;
}

template <class Word>
Word add_integer(std::byte *item, std::int32_t order, const std::byte *summand) {
  return word_at<Word>(item).fetch_add(load<Word>(summand), memory_order_of(order));
}

}  // namespace

Status check_order(std::int32_t order, Access access) {
  const bool is_known = order >= kMemoryRelaxed && order <= kMemorySequential;
  const bool acquires = order == kMemoryAcquire || order == kMemoryAcquireRelease;
  const bool releases = order == kMemoryRelease || order == kMemoryAcquireRelease;
  if (is_known && !(access == Access::load && releases) && !(access == Access::store && acquires)) return {};
  return fail(Code::invalid, "%d is not a memory order %s", order,
              access == Access::load    ? "for loads; use RELAXED, ACQUIRE or SEQ_CST"
              : access == Access::store ? "for stores; use RELAXED, RELEASE or SEQ_CST"
                                        : "; use one of DELTOS_MEMORY_*");
}

Status check_atomic(const Format &format, const std::byte *item) {
  const std::optional<Number> number = number_of(format);
  if (!number || number->swapped || !is_atomic(number->scalar)) {
    return fail(Code::type, "elements %s are not atomic; integers and floats of 4 and 8 bytes in native order are",
                in_quotes(format.text).c_str());
  }
  if (reinterpret_cast<std::uintptr_t>(item) % format.item_bytes == 0) return {};
  return fail(Code::layout, "the element is not aligned to its %llu bytes; atomic access needs that",
              static_cast<unsigned long long>(format.item_bytes));
}

void atomic_load(Scalar scalar, const std::byte *item, std::int32_t order, std::byte *value) {
  with_word(scalar, [&](auto word) {
    using Word = decltype(word);
    save(value, word_at<Word>(item).load(memory_order_of(order)));
  });
}

void atomic_store(Scalar scalar, std::byte *item, std::int32_t order, const std::byte *value) {
  with_word(scalar, [&](auto word) {
    using Word = decltype(word);
    word_at<Word>(item).store(load<Word>(value), memory_order_of(order));
  });
}

void atomic_add(Scalar scalar, std::byte *item, std::int32_t order, const std::byte *summand, std::byte *previous) {
  with_word(scalar, [&](auto word) {
    using Word = decltype(word);
    using Float = std::conditional_t<sizeof(Word) == 4, float, double>;
    const Word before =
        is_integer(scalar) ? add_integer<Word>(item, order, summand) : add_float<Float, Word>(item, order, summand);
    if (previous != nullptr) save(previous, before);
  });
}

bool atomic_exchange(Scalar scalar, std::byte *item, std::int32_t order, std::byte *expected,
                     const std::byte *desired) {
  return with_word(scalar, [&](auto word) {
    using Word = decltype(word);
    Word wanted = load<Word>(expected);
    if (word_at<Word>(item).compare_exchange_strong(wanted, load<Word>(desired), memory_order_of(order))) return true;
    save(expected, wanted);
    return false;
  });
}

}  // namespace deltos::dtype
