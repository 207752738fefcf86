// The operations of the corpus on arrays.
#include "operations.hpp"

namespace conformance {
namespace {

deltos::ArrayOptions options_of(const Json &step) {
  deltos::ArrayOptions options;
  options.create = number_of(kCreations, word(step, "create", "never"));
  options.capacity = step.value("capacity", std::uint64_t{0});
  options.max_bytes = step.value("max_bytes", std::uint64_t{0});
  return options;
}

deltos::Mode mode_of(const Json &step) { return number_of(kModes, word(step, "mode", "read")); }

// Elements of a step, and how many they are of an array's.
struct GivenItems {
  GivenItems(const Json &step, const deltos::Array &array) : bytes(bytes_of(step.at("data"))) {
    const std::uint64_t itemsize = array.info().itemsize;
    if (bytes.size() % itemsize != 0) throw Mismatch("these bytes are no elements");
    count = bytes.size() / itemsize;
    bytes.push_back(std::byte{0});  // so that no elements have an address
  }
  Bytes bytes;
  std::uint64_t count = 0;
};

}  // namespace

void Operations::create_array(const Json &step) {
  deltos::Transaction &transaction = the<deltos::Transaction>(step, "transaction");
  name(step, transaction.create_array(text(step, "name"), element_type(step), options_of(step)));
}

void Operations::open_array(const Json &step) {
  if (const auto *storage = std::get_if<deltos::Storage>(&named(step, "from"))) {
    return name(step, storage->array(text(step, "name")));
  }
  name(step, reader(step).array(text(step, "name")));
}

void Operations::open_array_file(const Json &step) {
  name(step, deltos::Array::open_file(text(step, "path"), element_type(step), mode_of(step), options_of(step)));
}

void Operations::open_array_anonymous(const Json &step) {
  name(step, deltos::Array::open_anonymous(element_type(step), options_of(step)));
}

void Operations::open_array_fd(const Json &step) {
  name(step, deltos::Array::open_fd(the<deltos::Array>(step, "array").fd(), mode_of(step)));
}

void Operations::close_array(const Json &step) { the<deltos::Array>(step, "array").close(); }

void Operations::array_info(const Json &step) {
  const deltos::Array &array = the<deltos::Array>(step, "array");
  if (array.capacity() < step.value("capacity_at_least", std::uint64_t{0})) {
    throw differ("capacity_at_least", step.at("capacity_at_least"), array.capacity());
  }
  expect(step, {{"count", array.size()}});
}

void Operations::array_content(const Json &step) {
  const deltos::View view = the<deltos::Array>(step, "array").view();
  expect(step, {{"format", view.format()}, {"count", view.shape()[0]}});
  if (step.contains("data")) {
    expect_bytes(bytes_of(step.at("data")),
                 {static_cast<const std::byte *>(view.data()), static_cast<std::size_t>(view.nbytes())});
  }
}

void Operations::append(const Json &step) {
  deltos::Array &array = the<deltos::Array>(step, "array");
  const GivenItems items(step, array);
  array.append(items.bytes.data(), items.count);
}

void Operations::append_in_place(const Json &step) {
  deltos::Array &array = the<deltos::Array>(step, "array");
  const GivenItems items(step, array);
  const deltos::Array::Tail tail = array.tail(items.count);
  if (tail.room < items.count) throw Mismatch("there is less room than was asked for");
  std::copy(items.bytes.begin(), items.bytes.end() - 1, static_cast<std::byte *>(tail.data));
  array.advance(items.count);
}

void Operations::extend(const Json &step) { the<deltos::Array>(step, "array").extend(the<deltos::View>(step, "view")); }

void Operations::insert(const Json &step) {
  deltos::Array &array = the<deltos::Array>(step, "array");
  const GivenItems items(step, array);
  array.insert(step.at("index").get<std::int64_t>(), items.bytes.data(), items.count);
}

void Operations::remove_items(const Json &step) {
  deltos::Array &array = the<deltos::Array>(step, "array");
  const auto index = step.at("index").get<std::int64_t>();
  const auto count = step.at("count").get<std::uint64_t>();
  if (!step.contains("data")) return array.remove(index, count);
  const Bytes expected = bytes_of(step.at("data"));
  Bytes removed(expected.size());
  array.remove(index, count, removed.data());
  expect_bytes(expected, removed);
}

void Operations::resize(const Json &step) {
  the<deltos::Array>(step, "array").resize(step.at("count").get<std::uint64_t>());
}

void Operations::reserve(const Json &step) {
  the<deltos::Array>(step, "array").reserve(step.at("capacity").get<std::uint64_t>());
}

void Operations::shrink(const Json &step) { the<deltos::Array>(step, "array").shrink(); }
void Operations::clear(const Json &step) { the<deltos::Array>(step, "array").clear(); }
void Operations::reverse(const Json &step) { the<deltos::Array>(step, "array").reverse(); }
void Operations::byteswap(const Json &step) { the<deltos::Array>(step, "array").byteswap(); }
void Operations::flush(const Json &step) { the<deltos::Array>(step, "array").flush(step.value("durable", false)); }

}  // namespace conformance
