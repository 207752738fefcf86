// A fuzz target: one file that defines what is done with an input and where the search begins. main.cpp does the rest.
//
// An input lies in memory of its own size, at a multiple of 64, so that the sanitizers see every byte that is read
// beside it. What must hold for every input is said with require().
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace deltos::fuzz {

void one(Bytes input);

using Seed = std::vector<std::byte>;
std::vector<Seed> seeds();

// Ends the program, which the fuzzer reports with the input.
void require(bool holds, const char *what);

// Reads every byte.
void touch(Bytes bytes);

// Numbers that follow from an input, so that a finding can be repeated.
class Numbers {
 public:
  explicit Numbers(Bytes input) : state_(hash64(input) | 1) {}
  std::uint64_t below(std::uint64_t limit) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return (state_ >> 33) % limit;
  }

 private:
  std::uint64_t state_;
};

}  // namespace deltos::fuzz
