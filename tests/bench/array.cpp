// Appending to a growable array beside std::vector::push_back, both warm: a million doubles into memory that is there.
// What a call of a shared library costs that does nothing is told beside it: no append by call is below that.
#include <cstdio>
#include <string>
#include <vector>

#include "bench.h"

namespace {

constexpr std::uint64_t kElements = 1'000'000;

struct Both {
  std::vector<double> vector;
  deltos_object *array = nullptr;
};

void push_back(void *user) {
  auto &vector = static_cast<Both *>(user)->vector;
  vector.clear();
  for (std::uint64_t i = 0; i < kElements; ++i) vector.push_back(static_cast<double>(i));
}

void append_each(void *user) {
  deltos_object *const array = static_cast<Both *>(user)->array;
  deltos_error err;
  must(deltos_array_clear(array, &err), &err);
  for (std::uint64_t i = 0; i < kElements; ++i) {
    const auto value = static_cast<double>(i);
    must(deltos_array_append(array, &value, 1, &err), &err);
  }
}

void call_for_nothing(void *) {
  for (std::uint64_t i = 0; i < kElements; ++i) must_be(deltos_abi_version() == DELTOS_ABI_VERSION, "call");
}

// As much as there is room for at once, as a program would that gets its elements one by one.
void fill_tail(void *user) {
  deltos_object *const array = static_cast<Both *>(user)->array;
  deltos_error err;
  must(deltos_array_clear(array, &err), &err);
  for (std::uint64_t done = 0; done < kElements;) {
    void *tail = nullptr;
    std::uint64_t room = 0;
    must(deltos_array_tail(array, 4096, &tail, &room, &err), &err);
    const std::uint64_t count = room < kElements - done ? room : kElements - done;
    auto *const elements = static_cast<double *>(tail);
    for (std::uint64_t i = 0; i < count; ++i) elements[i] = static_cast<double>(done + i);
    must(deltos_array_advance(array, count, &err), &err);
    done += count;
  }
}

void measure(const char *tail, const char *call, deltos_object *array) {
  Both both;
  both.array = array;
  double peer_us = 0, ours_us = 0;
  append_each(&both);
  push_back(&both);
  bench_pair(push_back, fill_tail, &both, 1, &peer_us, &ours_us);
  report(tail, peer_us, ours_us, 1.0);
  bench_pair(push_back, append_each, &both, 1, &peer_us, &ours_us);
  report(call, peer_us, ours_us, 3.0);
}

}  // namespace

int main(int argc, char **argv) {
  deltos_error err;
  deltos_object *array = nullptr;
  bench_title("Appending a million float64", "std::vector");
  Both none;
  double peer_us = 0, ours_us = 0;
  bench_pair(push_back, call_for_nothing, &none, 1, &peer_us, &ours_us);
  report("a call that does nothing; push_back", peer_us, ours_us, 0);
  must(deltos_array_open_anonymous("d", 0, nullptr, &array, &err), &err);
  measure("anonymous: tail and advance; push_back", "anonymous: append each; push_back", array);
  must(deltos_array_close(&array, &err), &err);
  const std::string path = std::string(argc > 1 ? argv[1] : ".") + "/bench-array";
  deltos_array_options options{};
  options.struct_size = sizeof options;
  options.create = DELTOS_CREATE_NEW;
  must(deltos_array_open_file(path.c_str(), "d", 0, DELTOS_MODE_WRITE, &options, &array, &err), &err);
  measure("flat file: tail and advance; push_back", "flat file: append each; push_back", array);
  must(deltos_array_close(&array, &err), &err);
  std::remove(path.c_str());
  return 0;
}
