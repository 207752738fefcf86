// What the process holds while it builds a hash map, as the system tells it: its memory, without pages of files. Fifty
// million pairs in DELTOS_LONG, two million otherwise.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "support/faulty_io.hpp"
#include "support/hash_maps.hpp"
#include "support/storages.hpp"

namespace deltos {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

std::uint64_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::strtoull(line.c_str() + 8, nullptr, 10) * 1024;
  }
  return UINT64_MAX;
}

struct Held {
  std::uint64_t before = anonymous_bytes(), most = before;
  void look() { most = std::max(most, anonymous_bytes()); }
};

Status add_range(map::Builder &builder, std::uint64_t first, std::uint64_t count) {
  test::Pairs pairs;
  for (std::uint64_t i = first; i < first + count; ++i) {
    const std::uint64_t mixed = i * 0x9e3779b97f4a7c15;
    pairs.emplace_back("key " + test::word(i).substr(0, 5) + std::string(mixed % 12, 'k'),
                       std::string(mixed >> 58, 'v'));
  }
  return test::add_pairs(builder, pairs, 0, pairs.size());
}

TEST(MapMemory, AProcessHoldsWhatItMayAndSixtyFourMebibytes) {
  const bool whole = std::getenv("DELTOS_LONG") != nullptr;
  const std::uint64_t pairs = whole ? 50'000'000 : 2'000'000, at_once = 10'000;
  const std::uint64_t memory = whole ? 256 * kMebibyte : 16 * kMebibyte;
  const testing_support::ScratchDirectory directory;
  const int status = test::in_child([&] {
    Held held;
    std::uint64_t asked = 0;
    map::BuildOptions options;
    options.kinds = {map::Key::bytes, map::Value::bytes, map::Shape::multi};
    options.memory_bytes = memory;
    options.spill_directories = {directory.path};
    options.progress = [&](std::uint64_t, std::uint64_t) {
      if (asked++ % 16 == 0) held.look();
      return false;
    };
    map::Builder builder(options);
    for (std::uint64_t first = 0; first < pairs; first += at_once)
      if (!add_range(builder, first, at_once).ok()) return 1;
    const auto size = builder.prepare();
    if (!size.ok() || *size < pairs * 30) return 2;
    std::uint64_t written = 0;
    const Status all = builder.write([&](Bytes piece) {
      written += piece.size();
      return Status();
    });
    if (!all.ok() || written != *size) return 3;
    held.look();
    std::fprintf(stderr, "%llu MiB of the process for a map of %llu MiB\n",
                 static_cast<unsigned long long>((held.most - held.before) / kMebibyte),
                 static_cast<unsigned long long>(*size / kMebibyte));
    return held.most - held.before <= memory + 64 * kMebibyte ? 0 : 4;
  });
  EXPECT_TRUE(test::exited_with(status, 0)) << status;
}

}  // namespace
}  // namespace deltos
