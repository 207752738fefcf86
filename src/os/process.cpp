// What the library asks about the process, the kernel and the time.
#include <fcntl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstring>

#include "os/call.hpp"
#include "os/file.hpp"

namespace deltos::os {
namespace {

std::int64_t clock_ns(clockid_t clock) {
  struct timespec time = {};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool parse_uuid(std::string_view text, std::array<std::uint8_t, 16> *out) {
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const int digit = hex_digit(c);
    if (digit < 0) break;
    if (digits == 32) return false;
    std::uint8_t &byte = (*out)[digits / 2];
    byte = static_cast<std::uint8_t>(digits % 2 == 0 ? digit << 4 : byte | digit);
    digits++;
  }
  return digits == 32;
}

std::array<std::uint8_t, 16> read_boot_id() {
  const Result<File> file = File::open("/proc/sys/kernel/random/boot_id", O_RDONLY);
  if (file.ok()) {
    std::array<std::byte, 64> text;
    const Result<std::uint64_t> got = file->read_some(text, 0);
    std::array<std::uint8_t, 16> id;
    if (got.ok() && parse_uuid(text_of({text.data(), *got}), &id)) return id;
  }
  // An unknown boot must not be taken for an earlier one: it is like none.
  return random_uuid();
}

std::uint64_t read_max_map_count() {
  constexpr std::uint64_t kUsual = 65'530;
  const Result<File> file = File::open("/proc/sys/vm/max_map_count", O_RDONLY);
  std::array<std::byte, 32> text;
  const auto got = file.ok() ? file->read_some(text, 0) : Result<std::uint64_t>(file.error());
  std::uint64_t count = 0;
  if (got.ok()) {
    const std::string_view digits = text_of({text.data(), *got});
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
  }
  return count == 0 ? kUsual : count;
}

// Where the kernel gives no randomness: different in every call and, as far as can be told, in every process.
void fill_from_circumstances(std::uint8_t *out) {
  static std::atomic<std::uint64_t> calls{0};
  const std::uint64_t seed[] = {static_cast<std::uint64_t>(now_ns()), static_cast<std::uint64_t>(monotonic_ns()),
                                static_cast<std::uint64_t>(::getpid()), reinterpret_cast<std::uintptr_t>(&seed),
                                calls.fetch_add(1)};
  const Bytes bytes = std::as_bytes(std::span(seed));
  const std::uint64_t halves[] = {hash64(bytes), hash64(bytes.subspan(sizeof seed[0]))};
  std::memcpy(out, halves, sizeof halves);
}

}  // namespace

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

const std::array<std::uint8_t, 16> &boot_id() {
  static const std::array<std::uint8_t, 16> id = read_boot_id();
  return id;
}

std::uint64_t max_map_count() {
  static const std::uint64_t count = read_max_map_count();
  return count;
}

std::uint64_t address_space_limit() {
  struct rlimit limit;
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  return limit.rlim_cur;
}

std::int64_t now_ns() { return clock_ns(CLOCK_REALTIME); }
std::int64_t monotonic_ns() { return clock_ns(CLOCK_MONOTONIC); }

std::array<std::uint8_t, 16> random_uuid() {
  std::array<std::uint8_t, 16> id;
  const ssize_t got = uninterrupted([&] {
    const ssize_t result = ::getrandom(id.data(), id.size(), 0);
    return result < 0 ? -errno : result;
  });
  if (got != static_cast<ssize_t>(id.size())) fill_from_circumstances(id.data());
  id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | 0x40);  // version 4: random
  id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
  return id;
}

int process_id() { return ::getpid(); }

}  // namespace deltos::os
