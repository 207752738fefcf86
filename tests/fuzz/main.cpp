// What every fuzz target shares: the entries that libFuzzer calls, and `--seeds=DIRECTORY`, which writes the target's
// seeds and ends.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "fuzz/target.hpp"

namespace deltos::fuzz {

void require(bool holds, const char *what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void touch(Bytes bytes) {
  static volatile std::uint64_t sum;
  sum = hash64(bytes);
}

namespace {

void write_seeds(const std::string &directory) {
  std::size_t number = 0;
  for (const Seed &seed : seeds()) {
    std::ofstream file(directory + "/seed-" + std::to_string(number++), std::ios::binary);
    file.write(reinterpret_cast<const char *>(seed.data()), static_cast<std::streamsize>(seed.size()));
    require(file.good(), "a seed is written");
  }
}

}  // namespace
}  // namespace deltos::fuzz

extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv) {
  const std::string wanted = "--seeds=", first = *argc > 1 ? (*argv)[1] : "";
  if (!first.starts_with(wanted)) return 0;
  deltos::fuzz::write_seeds(first.substr(wanted.size()));
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  void *memory = nullptr;
  if (posix_memalign(&memory, 64, size) != 0) return 0;
  const std::unique_ptr<void, decltype(&std::free)> owner(memory, &std::free);
  if (size != 0) std::memcpy(memory, data, size);
  deltos::fuzz::one({static_cast<const std::byte *>(memory), size});
  return 0;
}
