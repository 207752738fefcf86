// How many different hashes there are, told from 16 KiB within about 1 %, and almost exactly of few: HyperLogLog
// (P. Flajolet, E. Fusy, O. Gandouet, F. Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation
// algorithm", AofA 2007), with its linear counting for small numbers.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace deltos::map {

class DistinctEstimate {
 public:
  void add(std::uint64_t hash) {
    std::uint8_t &most = most_[hash % kRegisters];
    const auto zeros = static_cast<std::uint8_t>(std::countl_zero(hash | kRegisters) + 1);
    if (zeros > most) most = zeros;
  }

  std::uint64_t count() const {
    double sum = 0;
    unsigned empty = 0;
    for (const std::uint8_t most : most_) {
      sum += std::ldexp(1.0, -most);
      empty += most == 0 ? 1 : 0;
    }
    constexpr double kAll = kRegisters;
    double count = 0.7213 / (1 + 1.079 / kAll) * kAll * kAll / sum;
    if (count <= 2.5 * kAll && empty > 0) count = kAll * std::log(kAll / empty);
    return static_cast<std::uint64_t>(count + 0.5);
  }

 private:
  static constexpr unsigned kRegisters = 1 << 14;
  std::array<std::uint8_t, kRegisters> most_{};
};

}  // namespace deltos::map
