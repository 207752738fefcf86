// Values: any bytes as an image. Everything that a reader can be asked, of every node it gives and of made-up ones.
#include "object/value.hpp"
#include "fuzz/target.hpp"
#include "support/random_values.hpp"
#include "value/array.hpp"
#include "value/json.hpp"
#include "value/repack.hpp"

namespace deltos::fuzz {
namespace {

using namespace value;

constexpr std::uint64_t kMostNodes = 1000;
constexpr std::uint64_t kMostJson = 1 << 16;

// The image with a head that is believed, so that what is behind it is reached.
Seed with_head(Bytes input) {
  Seed image(input.begin(), input.end());
  save(image.data(), kImageMagic);
  save(image.data() + 4, std::uint32_t{0});
  save(image.data() + 8, std::uint64_t{image.size()});
  save(image.data() + 24, std::uint64_t{0});
  return image;
}

class Walk {
 public:
  Walk(const object::Value &value, Bytes image) : value_(value), reader_(value.reader()), numbers_(image) {
    nodes_.push_back(0);
    for (int i = 0; i < 8; ++i) nodes_.push_back(load<Cell>(image.data() + numbers_.below(image.size() - 7)));
  }
  void run() {
    for (std::uint64_t done = 0; done < kMostNodes && !nodes_.empty(); ++done) {
      const Cell node = nodes_.back();
      nodes_.pop_back();
      look_at(node);
    }
  }

 private:
  void look_at(Cell node) {
    Item item;
    if (!reader_.read(node, &item).ok()) return;
    if (item.kind == Kind::bytes || item.kind == Kind::utf8) touch({item.data, item.count + 1});
    if (item.kind == Kind::decimal) touch({item.data, item.count});
    if (item.kind == Kind::ndarray) {
      const auto array = elements_of_array(reader_, item.node);
      if (array.ok()) touch(array->bytes);
    }
    const auto view = value_.view(node, dtype::kRequestFullReadOnly);
    if (view.ok() && item.kind != Kind::ndarray)
      touch({item.data, item.count * dtype::item_bytes(static_cast<dtype::Dtype>(item.detail))});
    if (is_container(item.kind)) look_into(item);
  }
  void look_into(const Item &container) {
    Item items[5];
    for (const std::uint64_t first : {std::uint64_t{0}, numbers_.below(container.count + 1)}) {
      std::uint64_t given = 0;
      if (!reader_.children(container.node, first, items, std::size(items), &given).ok()) continue;
      require(given <= std::size(items) && given <= container.count * 2, "no more elements than there are");
      for (std::uint64_t i = 0; i < given; ++i) nodes_.push_back(items[i].node);
    }
    auto elements = Elements::of(reader_, container);
    Item key, found;
    for (bool given = elements.ok(); given && numbers_.below(8) != 0;) {
      if (!elements->next(&key, &given).ok()) break;
      const bool keyed = container.kind == Kind::set || container.kind == Kind::dict;
      if (given && keyed) (void)reader_.find(container.node, key, &reader_, &found);
    }
  }

  const object::Value &value_;
  const Reader &reader_;
  Numbers numbers_;
  std::vector<Cell> nodes_;
};

void compare(const Reader &reader) {
  Item root, found;
  if (!reader.read(0, &root).ok()) return;
  std::uint64_t hash = 0, again = 1;
  bool equal = false;
  const Status hashed = Comparison(&reader, &reader).hash(Comparison::Side::a, root, &hash);
  if (hashed.ok()) {
    require(Comparison(&reader, &reader).hash(Comparison::Side::b, root, &again).ok() && hash == again,
            "a hash is the same twice");
  }
  const Reader other = reader;  // with one alone, what is the same node is not looked at
  const Status compared = Comparison(&reader, &other).equal(root, root, &equal);
  if (compared.ok() && hashed.ok() && !is_container(root.kind)) require(equal, "a scalar equals itself");
  (void)reader.find(0, root, &reader, &found);
}

void write(const Reader &reader, Numbers *numbers) {
  const auto flags = static_cast<std::int32_t>(numbers->below(4));
  std::string text(numbers->below(64), '\0');
  std::uint64_t bytes = 0;
  if (!write_json(reader, 0, flags, text, &bytes).ok() || bytes > kMostJson) return;
  text.resize(bytes);
  require(write_json(reader, 0, flags, text, &bytes).ok() && bytes == text.size(), "JSON is the same twice");
  Builder builder;
  const Code code = put_json(builder, text).code();
  require(code == Code::ok || code == Code::duplicate || code == Code::range || code == Code::limit,
          "what is written as JSON is JSON");
}

void look(Bytes image) {
  const auto value = object::Value::in_memory(image, nullptr);
  if (!value.ok()) return;
  Numbers numbers(image);
  Walk(**value, (*value)->reader().image()).run();
  compare((*value)->reader());
  write((*value)->reader(), &numbers);
}

}  // namespace

void one(Bytes input) {
  look(input);
  if (input.size() >= sizeof(ImageHead)) look(with_head(input));
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    test::RandomValues random(seed);
    const auto image = test::image_of(random.any(seed % 3 == 0 ? 4 : 2));
    require(image.ok(), "a random value is built");
    if (image->size() <= 4096) all.push_back(*image);
  }
  for (std::uint64_t seed = 0; seed < 40; ++seed) {  // with compressed texts
    test::RandomValues random(seed);
    std::string text;
    while (text.size() < 520 + seed * 40) text += "some words, " + std::to_string(random.below(1 + seed * 10));
    Builder plain, compressed(true);
    Item list, letters, end;
    list.kind = Kind::list;
    letters.kind = seed % 2 == 0 ? Kind::utf8 : Kind::bytes;
    letters.data = bytes_of(text).data();
    letters.count = text.size();
    end.kind = Kind::end;
    require(plain.put(std::vector<Item>{list, letters}).ok(), "a text is put");
    require(repack(*test::image_of(random.any(2)), &plain).ok() && plain.put({&end, 1}).ok(), "a value is put");
    require(repack(*test::image_of(plain), &compressed).ok(), "a value is compressed");
    const auto image = test::image_of(compressed);
    if (image->size() <= 4096) all.push_back(*image);
  }
  Builder builder;  // contains itself, twice
  Item outer, share, end;
  outer.kind = Kind::list;
  share.kind = Kind::share;
  outer.node = share.node = 1;
  end.kind = Kind::end;
  require(builder.put(std::vector<Item>{outer, share, share, end}).ok(), "a circle is built");
  all.push_back(*test::image_of(builder));
  return all;
}

}  // namespace deltos::fuzz
