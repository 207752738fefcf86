// Values beside FlexBuffers: looking keys up in maps of several sizes, reading elements and texts, building. Both read
// where the bytes lie, by calls of their own; FlexBuffers is inlined, Deltos a shared library.
#include <cstdio>
#include <string>
#include <vector>

#include "bench.h"
#ifdef BENCH_FLEXBUFFERS
#include <flatbuffers/flexbuffers.h>

namespace {

constexpr std::uint64_t kLookups = 1000;

deltos_item item_of(std::int32_t kind, std::int64_t number = 0) {
  deltos_item item;
  std::memset(&item, 0, sizeof item);
  item.kind = kind;
  item.i64 = number;
  return item;
}

deltos_item text_of(const std::string &text) {
  deltos_item item = item_of(DELTOS_VALUE_UTF8);
  item.data = text.data();
  item.count = text.size();
  return item;
}

// The same map twice, and which keys are asked for.
struct Both {
  std::vector<std::string> keys;
  std::vector<std::uint8_t> flex;
  std::vector<std::uint64_t> image;
  std::vector<std::uint32_t> asked;
  deltos_object *value = nullptr;
  std::int64_t sum = 0;
};

void build_flex(void *user) {
  auto &both = *static_cast<Both *>(user);
  flexbuffers::Builder builder(512, flexbuffers::BUILDER_FLAG_NONE);
  builder.Map([&] {
    for (std::size_t i = 0; i < both.keys.size(); ++i) builder.Int(both.keys[i].c_str(), static_cast<std::int64_t>(i));
  });
  builder.Finish();
  both.flex = builder.GetBuffer();
}

void build_deltos(void *user) {
  auto &both = *static_cast<Both *>(user);
  deltos_error err;
  deltos_builder *builder = nullptr;
  must(deltos_value_builder_begin(&builder, &err), &err);
  std::vector<deltos_item> items = {item_of(DELTOS_VALUE_DICT)};
  for (std::size_t i = 0; i < both.keys.size(); ++i) {
    items.push_back(text_of(both.keys[i]));
    items.push_back(item_of(DELTOS_VALUE_INT, static_cast<std::int64_t>(i)));
  }
  items.push_back(item_of(DELTOS_VALUE_END));
  must(deltos_value_builder_put(builder, items.data(), items.size(), &err), &err);
  std::uint64_t size = 0;
  (void)deltos_value_builder_pack(builder, nullptr, &size, &err);
  both.image.resize(size / 8 + 1);
  must(deltos_value_builder_pack(builder, both.image.data(), &size, &err), &err);
  deltos_builder_release(&builder);
}

void find_flex(void *user) {
  auto &both = *static_cast<Both *>(user);
  const flexbuffers::Map map = flexbuffers::GetRoot(both.flex).AsMap();
  for (const std::uint32_t asked : both.asked) both.sum += map[both.keys[asked].c_str()].AsInt64();
}

void find_deltos(void *user) {
  auto &both = *static_cast<Both *>(user);
  deltos_error err;
  deltos_item key = item_of(DELTOS_VALUE_UTF8), found;
  for (const std::uint32_t asked : both.asked) {
    key.data = both.keys[asked].data();
    key.count = both.keys[asked].size();
    must(deltos_value_find(both.value, 0, &key, nullptr, &found, &err), &err);
    both.sum += found.i64;
  }
}

void open_deltos(Both *both) {
  deltos_error err;
  must(deltos_value_open_memory(both->image.data(), both->image.size() * 8, nullptr, nullptr, &both->value, &err),
       &err);
}

void measure_map(std::size_t count) {
  Both both;
  for (std::size_t i = 0; i < count; ++i) both.keys.push_back("field_" + std::to_string(i * 7919 % 1000003));
  std::uint64_t state = 1;
  for (std::uint64_t i = 0; i < kLookups; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    both.asked.push_back(static_cast<std::uint32_t>((state >> 33) % count));
  }
  double peer_us = 0, ours_us = 0;
  const std::string size = std::to_string(count) + " keys";
  bench_pair(build_flex, build_deltos, &both, count < 1000 ? 20 : 1, &peer_us, &ours_us);
  report(("build a map of " + size).c_str(), peer_us, ours_us, 0);
  open_deltos(&both);
  find_flex(&both);
  const std::int64_t expected = both.sum;
  both.sum = 0;
  find_deltos(&both);
  must_be(both.sum == expected, "find the same");
  bench_pair(find_flex, find_deltos, &both, 1, &peer_us, &ours_us);
  report(("look up 1,000 of " + size).c_str(), peer_us, ours_us, 1.5);
  deltos_object_release(&both.value);
}

constexpr std::int64_t kElements = 1000;

void list_flex(void *user) {
  auto &both = *static_cast<Both *>(user);
  const auto list = flexbuffers::GetRoot(both.flex).AsTypedVector();
  for (std::size_t i = 0; i < list.size(); ++i) both.sum += list[i].AsInt64();
}

void list_each(void *user) {
  auto &both = *static_cast<Both *>(user);
  deltos_error err;
  deltos_item item;
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(kElements); ++i) {
    must(deltos_value_children(both.value, 0, i, &item, 1, &count, &err), &err);
    both.sum += item.i64;
  }
}

void list_many(void *user) {
  auto &both = *static_cast<Both *>(user);
  deltos_error err;
  deltos_item items[100];
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(kElements); i += count) {
    must(deltos_value_children(both.value, 0, i, items, 100, &count, &err), &err);
    for (std::uint64_t k = 0; k < count; ++k) both.sum += items[k].i64;
  }
}

void list_where_it_lies(void *user) {
  auto &both = *static_cast<Both *>(user);
  deltos_error err;
  deltos_item list;
  must(deltos_value_read(both.value, 0, &list, &err), &err);
  must_be(list.detail == DELTOS_DTYPE_I16, "store as 16 bits");
  const auto *const numbers = static_cast<const std::int16_t *>(list.data);
  for (std::uint64_t i = 0; i < list.count; ++i) both.sum += numbers[i];
}

void measure_list() {
  Both both;
  deltos_error err;
  flexbuffers::Builder flex;
  flex.TypedVector([&] {
    for (std::int64_t i = 0; i < kElements; ++i) flex.Int(i - 500);
  });
  flex.Finish();
  both.flex = flex.GetBuffer();
  deltos_builder *builder = nullptr;
  must(deltos_value_builder_begin(&builder, &err), &err);
  std::vector<deltos_item> items = {item_of(DELTOS_VALUE_LIST)};
  for (std::int64_t i = 0; i < kElements; ++i) items.push_back(item_of(DELTOS_VALUE_INT, i - 500));
  items.push_back(item_of(DELTOS_VALUE_END));
  must(deltos_value_builder_put(builder, items.data(), items.size(), &err), &err);
  std::uint64_t size = 1 << 16;
  both.image.resize(size / 8);
  must(deltos_value_builder_pack(builder, both.image.data(), &size, &err), &err);
  deltos_builder_release(&builder);
  open_deltos(&both);
  double peer_us = 0, ours_us = 0;
  bench_pair(list_flex, list_each, &both, 10, &peer_us, &ours_us);
  report("read 1,000 elements, a call each", peer_us, ours_us, 0);
  bench_pair(list_flex, list_many, &both, 10, &peer_us, &ours_us);
  report("read 1,000 elements, 100 a call", peer_us, ours_us, 0);
  bench_pair(list_flex, list_where_it_lies, &both, 10, &peer_us, &ours_us);
  report("read 1,000 elements where they lie", peer_us, ours_us, 0);
  deltos_object_release(&both.value);
}

void text_flex(void *user) {
  auto &both = *static_cast<Both *>(user);
  const auto list = flexbuffers::GetRoot(both.flex).AsVector();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const flexbuffers::String text = list[i].AsString();
    both.sum += static_cast<std::int64_t>(text.length()) + text.c_str()[0];
  }
}

void text_deltos(void *user) {
  auto &both = *static_cast<Both *>(user);
  deltos_error err;
  deltos_item item;
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(kElements); ++i) {
    must(deltos_value_children(both.value, 0, i, &item, 1, &count, &err), &err);
    both.sum += static_cast<std::int64_t>(item.count) + *static_cast<const char *>(item.data);
  }
}

void measure_text() {
  Both both;
  deltos_error err;
  flexbuffers::Builder flex;
  deltos_builder *builder = nullptr;
  must(deltos_value_builder_begin(&builder, &err), &err);
  deltos_item item = item_of(DELTOS_VALUE_LIST);
  must(deltos_value_builder_put(builder, &item, 1, &err), &err);
  flex.Vector([&] {
    for (std::int64_t i = 0; i < kElements; ++i) {
      const std::string text = "text number " + std::to_string(i);
      flex.String(text);
      item = text_of(text);
      must(deltos_value_builder_put(builder, &item, 1, &err), &err);
    }
  });
  flex.Finish();
  both.flex = flex.GetBuffer();
  item = item_of(DELTOS_VALUE_END);
  must(deltos_value_builder_put(builder, &item, 1, &err), &err);
  std::uint64_t size = 1 << 20;
  both.image.resize(size / 8);
  must(deltos_value_builder_pack(builder, both.image.data(), &size, &err), &err);
  deltos_builder_release(&builder);
  open_deltos(&both);
  double peer_us = 0, ours_us = 0;
  bench_pair(text_flex, text_deltos, &both, 10, &peer_us, &ours_us);
  report("read 1,000 texts, a call each", peer_us, ours_us, 0);
  deltos_object_release(&both.value);
}

}  // namespace

int main() {
  bench_title("Values", "FlexBuffers");
  for (const std::size_t count : {8, 100, 10'000}) measure_map(count);
  measure_list();
  measure_text();
  return 0;
}
#else
int main() {
  bench_title("Values", "FlexBuffers");
  bench_skipped("all", "built without FlexBuffers");
  return 0;
}
#endif
