// The twin of language.c over deltos.hpp: the same steps, the same lines.
#include <chrono>
#include <cstdio>
#include <deltos/deltos.hpp>

namespace {

using Values = deltos::TypedView<const double>;

constexpr int kOpenings = 2000, kSums = 30;
volatile double sink;

void open_and_export(const char *path) {
  deltos::Storage storage = deltos::Storage::open(path);
  Values values = storage.view<const double>("values");
  sink = values[0];
  values.reset();
  storage.close();
}

double sum(deltos::Span<const double> values) {
  double parts[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i + 4 <= values.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) parts[k] += values[i + k];
  }
  return parts[0] + parts[1] + parts[2] + parts[3];
}

// Nanoseconds of the fastest of many calls.
template <class Call>
double fastest(int rounds, Call &&call) {
  using Clock = std::chrono::steady_clock;
  double best = 1e300;
  for (int round = 0; round < rounds; ++round) {
    const Clock::time_point start = Clock::now();
    call();
    const double taken = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    if (taken < best) best = taken;
  }
  return best;
}

}  // namespace

int main(int argc, char **argv) try {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_language_cpp FILE\n");
    return 2;
  }
  std::printf("open_export_ns %.0f\n", fastest(kOpenings, [&] { open_and_export(argv[1]); }));
  const deltos::Storage storage = deltos::Storage::open(argv[1]);
  const Values values = storage.view<const double>("values");
  sink = sum(values.span());
  std::printf("sum_ns %.0f\n", fastest(kSums, [&] { sink = sum(values.span()); }));
  std::printf("sum %.0f\n", sum(values.span()));
  return 0;
} catch (const deltos::Exception &exception) {
  std::fprintf(stderr, "%s: %s\n", name_of(exception.status()), exception.what());
  return 1;
}
