#include "value/item.hpp"

#include "value/image.hpp"

namespace deltos::value {

Item moment(std::int64_t ticks, std::int64_t ticks_a_second, bool is_utc) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  std::int64_t seconds = ticks / ticks_a_second, rest = ticks % ticks_a_second;
  if (rest < 0) {
    rest += ticks_a_second;
    --seconds;
  }
  Item item;
  item.kind = Kind::datetime;
  item.i64 = seconds;
  item.u64 = static_cast<std::uint64_t>(rest * (kNanoseconds / ticks_a_second));
  item.detail = is_utc ? 0 : kNoZone;
  return item;
}

}  // namespace deltos::value
