// The operations of the corpus on views and their elements.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "operations.hpp"

namespace conformance {
namespace {

const Words<std::memory_order> kOrders{{"relaxed", std::memory_order_relaxed},
                                       {"acquire", std::memory_order_acquire},
                                       {"release", std::memory_order_release},
                                       {"acq-rel", std::memory_order_acq_rel},
                                       {"seq-cst", std::memory_order_seq_cst}};
const Words<deltos::Order> kComparisons{{"less", deltos::Order::less},
                                        {"equal", deltos::Order::equal},
                                        {"greater", deltos::Order::greater},
                                        {"unordered", deltos::Order::unordered}};

std::memory_order order_of(const Json &step) { return number_of(kOrders, word(step, "order", "seq-cst")); }

deltos::Slice slice_of(const Json &given) {
  if (given.contains("index")) return given.at("index").get<std::int64_t>();
  const auto limit = [&](const char *field) {
    return given.contains(field) ? deltos::Slice::Limit(given.at(field).get<std::int64_t>()) : deltos::Slice::Limit();
  };
  return {limit("start"), limit("stop"), given.value("step", std::int64_t{1})};
}

// One element, as it is given.
class GivenItem {
 public:
  explicit GivenItem(const Json &step) : bytes_(bytes_of(step.at("data"))) {}
  deltos::Item item() const { return {bytes_.data(), bytes_.size()}; }

 private:
  Bytes bytes_;
};

template <class T>
T number_in(const Json &step, const char *field) {
  const Bytes bytes = bytes_of(step.at(field));
  if (bytes.size() != sizeof(T)) throw Mismatch(std::string(field) + " is not of the size of the type");
  T number{};
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

template <class T>
void expect_number(const Json &step, const char *field, T number) {
  if (step.contains(field)) {
    expect_bytes(bytes_of(step.at(field)), {reinterpret_cast<const std::byte *>(&number), sizeof number});
  }
}

deltos::Shape index_of(const Json &step) { return step.at("index").get<deltos::Shape>(); }

// Calls with a number of the type that the elements are; where there is none, with one that the library refuses.
template <class Call>
void with_number_of(const deltos::View &view, Call &&call) {
  switch (view.dtype()) {
    case deltos::Dtype::i64:
      return call(std::int64_t{});
    case deltos::Dtype::u32:
      return call(std::uint32_t{});
    case deltos::Dtype::u64:
      return call(std::uint64_t{});
    case deltos::Dtype::f32:
      return call(float{});
    case deltos::Dtype::f64:
      return call(double{});
    default:
      return call(std::int32_t{});
  }
}

// A descriptor that is closed at the end.
class Descriptor {
 public:
  Descriptor(const std::string &path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (fd_ < 0) throw Mismatch("cannot open " + path);
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

void Operations::memory(const Json &step) {
  struct alignas(64) Block {
    std::byte bytes[64];
  };
  const Bytes content = bytes_of(step.at("data"));
  std::vector<Block> blocks(content.size() / sizeof(Block) + 1);
  std::copy(content.begin(), content.end(), blocks.data()->bytes);
  std::byte *data = blocks.data()->bytes + step.value("start", std::size_t{0});
  const auto given = [&](auto *address) {
    return deltos::Memory(address, element_type(step), shape_of(step), step.value("strides", deltos::Shape()));
  };
  const deltos::Memory memory =
      step.value("readonly", false) ? given(static_cast<const void *>(data)) : given(static_cast<void *>(data));
  name(step, deltos::View::wrap(memory, [kept = std::move(blocks)] { static_cast<void>(kept); }));
}

void Operations::slice(const Json &step) {
  std::vector<deltos::Slice> slices;
  for (const Json &given : step.at("slices")) slices.push_back(slice_of(given));
  name(step, the<deltos::View>(step, "view").slice(slices));
}

void Operations::window(const Json &step) {
  const auto offset = step.at("offset").get<std::int64_t>(), length = step.at("length").get<std::int64_t>();
  name(step, the<deltos::View>(step, "view").window(offset, length));
}

void Operations::transpose(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  if (!step.contains("axes")) return name(step, view.transpose());
  const auto axes = step.at("axes").get<std::vector<std::int32_t>>();
  name(step, view.transpose(axes));
}

void Operations::reshape(const Json &step) { name(step, the<deltos::View>(step, "view").reshape(shape_of(step))); }
void Operations::cast(const Json &step) { name(step, the<deltos::View>(step, "view").cast(element_type(step))); }

void Operations::contiguity(const Json &step) {
  const deltos::Contiguity found = the<deltos::View>(step, "view").contiguity();
  expect(step, {{"c", found == deltos::Contiguity::c || found == deltos::Contiguity::both},
                {"f", found == deltos::Contiguity::f || found == deltos::Contiguity::both}});
}

void Operations::content(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  const deltos::Shape shape(view.shape().begin(), view.shape().end());
  Bytes bytes(static_cast<std::size_t>(view.nbytes()) + 1);
  deltos::copy({static_cast<void *>(bytes.data()), deltos::ElementType(view.format(), view.dtype()), shape}, view);
  bytes.pop_back();
  expect(step, {{"format", view.format()}, {"shape", shape}});
  if (step.contains("data")) expect_bytes(bytes_of(step.at("data")), bytes);
}

void Operations::copy(const Json &step) {
  deltos::copy(the<deltos::View>(step, "target"), the<deltos::View>(step, "source"));
}

// Elements

void Operations::fill(const Json &step) { deltos::fill(the<deltos::View>(step, "view"), GivenItem(step).item()); }

void Operations::equal(const Json &step) {
  expect(step, {{"equal", deltos::equal(the<deltos::View>(step, "view"), the<deltos::View>(step, "other"))}});
}

void Operations::compare(const Json &step) {
  const deltos::Order order = deltos::compare(the<deltos::View>(step, "view"), the<deltos::View>(step, "other"));
  expect(step, {{"order", word_of(kComparisons, order)}});
}

void Operations::find(const Json &step) {
  const auto start = step.value("start", std::int64_t{0});
  expect(step, {{"index", deltos::find(the<deltos::View>(step, "view"), GivenItem(step).item(), start)}});
}

void Operations::count(const Json &step) {
  expect(step, {{"count", deltos::count(the<deltos::View>(step, "view"), GivenItem(step).item())}});
}

void Operations::gather(const Json &step) {
  const auto rows = step.at("rows").get<deltos::Shape>();
  deltos::gather(the<deltos::View>(step, "source"), rows, the<deltos::View>(step, "target"));
}

void Operations::read_into(const Json &step) {
  const Descriptor file(text(step, "path"), O_RDONLY);
  const auto at = step.value("at", std::int64_t{-1});
  expect(step, {{"bytes", deltos::read_fd(the<deltos::View>(step, "view"), file.get(), at)}});
}

void Operations::write_from(const Json &step) {
  const Descriptor file(text(step, "path"), O_WRONLY | O_CREAT);
  const auto at = step.value("at", std::int64_t{-1});
  expect(step, {{"bytes", deltos::write_fd(the<deltos::View>(step, "view"), file.get(), at)}});
}

void Operations::get(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  const deltos::Shape index = index_of(step);
  const std::string type = text(step, "type");
  if (type == "i64") return expect_number(step, "data", deltos::get<std::int64_t>(view, index));
  if (type == "u64") return expect_number(step, "data", deltos::get<std::uint64_t>(view, index));
  if (type == "f64") return expect_number(step, "data", deltos::get<double>(view, index));
  if (type != "bytes") throw Mismatch("the type " + type + " is not known");
  Bytes item(static_cast<std::size_t>(view.itemsize()));
  deltos::get_bytes(view, index, item.data(), item.size());
  if (step.contains("data")) expect_bytes(bytes_of(step.at("data")), item);
}

void Operations::set(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  const deltos::Shape index = index_of(step);
  const std::string type = text(step, "type");
  if (type == "i64") return deltos::set(view, index, number_in<std::int64_t>(step, "data"));
  if (type == "u64") return deltos::set(view, index, number_in<std::uint64_t>(step, "data"));
  if (type == "f64") return deltos::set(view, index, number_in<double>(step, "data"));
  if (type != "bytes") throw Mismatch("the type " + type + " is not known");
  deltos::set_bytes(view, index, GivenItem(step).item());
}

void Operations::atomic_load(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  with_number_of(view, [&](auto kind) {
    expect_number(step, "data", deltos::atomic_load<decltype(kind)>(view, index_of(step), order_of(step)));
  });
}

void Operations::atomic_store(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  with_number_of(view, [&](auto kind) {
    deltos::atomic_store(view, index_of(step), number_in<decltype(kind)>(step, "data"), order_of(step));
  });
}

void Operations::atomic_add(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  with_number_of(view, [&](auto kind) {
    const auto summand = number_in<decltype(kind)>(step, "data");
    expect_number(step, "previous", deltos::atomic_add(view, index_of(step), summand, order_of(step)));
  });
}

void Operations::atomic_compare_exchange(const Json &step) {
  const deltos::View &view = the<deltos::View>(step, "view");
  with_number_of(view, [&](auto kind) {
    auto expected = number_in<decltype(kind)>(step, "expected");
    const auto desired = number_in<decltype(kind)>(step, "data");
    const bool is_exchanged = deltos::atomic_compare_exchange(view, index_of(step), expected, desired, order_of(step));
    expect(step, {{"exchanged", is_exchanged}});
    expect_number(step, "previous", expected);
  });
}

}  // namespace conformance
