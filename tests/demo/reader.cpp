// A reader in C++, over deltos.hpp; commands and answers are those of reader.c, but for make and append.
#include <algorithm>
#include <array>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <deltos/deltos.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

class Reader {
 public:
  explicit Reader(const char *path)
      : storage_(deltos::Storage::open(path)),
        coordinates_(storage_.view<const double>("places/coordinates")),
        population_(storage_.view<const std::int64_t>("places/population")),
        ids_(storage_.view<const std::uint32_t>("places/ids")),
        ball_(storage_.view<const std::int64_t>("live/ball")) {}

  bool answer(const std::string &command) const {
    if (command == "answers") {
      answers();
    } else if (command == "sum") {
      std::int64_t sum = 0;
      for (const std::int64_t people : population_.span()) sum += people;
      std::printf("{\"sum\": %" PRId64 "}\n", sum);
    } else if (command == "address") {
      std::printf("{\"address\": %" PRIuPTR "}\n", reinterpret_cast<std::uintptr_t>(coordinates_.data()));
    } else if (command.rfind("watch ", 0) == 0) {
      watch(std::stod(command.substr(6)));
    } else if (command == "ball_now") {
      std::printf("{\"ball\": %" PRId64 "}\n", ball());
    } else if (command == "follow") {
      follow();
    } else {
      return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kNearest = 5;
  static constexpr std::int64_t kEnd = -1;

  std::array<double, 2> centre() const {
    const double degree = std::acos(-1.0) / 180;
    double x = 0, y = 0, z = 0;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const double latitude = coordinates_(i, 0) * degree, longitude = coordinates_(i, 1) * degree;
      const auto weight = static_cast<double>(population_[i]);
      x += weight * std::cos(latitude) * std::cos(longitude);
      y += weight * std::cos(latitude) * std::sin(longitude);
      z += weight * std::sin(latitude);
    }
    return {std::atan2(z, std::hypot(x, y)) / degree, std::atan2(y, x) / degree};
  }

  double haversine(std::size_t place, const std::array<double, 2> &from) const {
    const double degree = std::acos(-1.0) / 180;
    const double latitude = std::sin((coordinates_(place, 0) - from[0]) * degree / 2);
    const double longitude = std::sin((coordinates_(place, 1) - from[1]) * degree / 2);
    const double around = std::cos(coordinates_(place, 0) * degree) * std::cos(from[0] * degree);
    return latitude * latitude + around * longitude * longitude;
  }

  void answers() const {
    const Clock::time_point began = Clock::now();
    const std::array<double, 2> from = centre();
    std::vector<std::pair<double, std::size_t>> places(ids_.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = {haversine(i, from), i};
    std::partial_sort(places.begin(), places.begin() + kNearest, places.end());
    std::printf("{\"centre\": [%.17g, %.17g], \"nearest\": [", from[0], from[1]);
    for (std::size_t k = 0; k < kNearest; ++k) std::printf("%s%" PRIu32, k ? ", " : "", ids_[places[k].second]);
    std::printf("], \"milliseconds\": %.3f}\n", milliseconds_since(began));
  }

  /** Another process stores here while this one looks. */
  std::int64_t ball() const { return *static_cast<const volatile std::int64_t *>(ball_.data()); }

  void watch(double how_long) const {
    const Clock::time_point began = Clock::now();
    std::int64_t last = ball(), seen = 0, backwards = 0;
    do {
      const std::int64_t now = ball();
      seen += now != last;
      backwards += now < last;
      last = now;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    } while (milliseconds_since(began) < how_long);
    std::printf("{\"seen\": %" PRId64 ", \"backwards\": %" PRId64 "}\n", seen, backwards);
  }

  void follow() const {
    auto array = storage_.array<std::int64_t>("live/neighbours");
    std::printf("{\"following\": true}\n");
    std::fflush(stdout);
    std::size_t values = 0, looks = 0;
    std::int64_t sum = 0, last = 0;
    while (last != kEnd) {
      array.refresh();
      if (array.size() == values) {
        std::this_thread::yield();
        continue;
      }
      const auto elements = array.elements();
      for (++looks; values < elements.size(); ++values) {
        last = elements[values];
        if (last != kEnd) sum += last;
      }
    }
    std::printf("{\"values\": %zu, \"sum\": %" PRId64 ", \"looks\": %zu}\n", values - 1, sum, looks);
  }

  deltos::Storage storage_;
  deltos::TypedView<const double> coordinates_;
  deltos::TypedView<const std::int64_t> population_;
  deltos::TypedView<const std::uint32_t> ids_;
  deltos::TypedView<const std::int64_t> ball_;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  try {
    const Reader reader(argv[1]);
    for (std::string line; std::getline(std::cin, line); std::fflush(stdout)) {
      if (!reader.answer(line)) {
        std::fprintf(stderr, "unknown command: %s\n", line.c_str());
        return 2;
      }
    }
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
