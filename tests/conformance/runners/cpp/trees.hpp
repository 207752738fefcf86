// Values in the notation of ../../README.md: built, and compared with what is read.
#pragma once

#include "values.hpp"

namespace conformance {

// A builder that holds what a node says.
deltos::ValueBuilder built(const Json &node);

// The root of a value. Without deltos::Value, which reads it when opening: damage is looked at step by step.
deltos::Node root_of(const deltos::Object &value);

// Throws Mismatch where what lies below a node is not as written.
void expect_tree(const Json &written, const deltos::Node &node);

// Looks for a key, or a member, that is written in the notation.
std::optional<deltos::Node> look_for(const deltos::Node &node, const Json &key);

// A number, or its eight bytes.
std::uint64_t word_of_number(const Json &number);
std::int64_t integer_of(const Json &number);
double float_of(const Json &digits);
std::string text_of(const Json &text);

// The eight bytes of a number, as digits.
std::string digits_of_word(std::uint64_t number);

}  // namespace conformance
