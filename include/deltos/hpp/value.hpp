/**
 * @file
 * @defgroup deltos_hpp_value Values in C++
 *
 * Value is an Object that holds a tree which describes itself; Node is a place in it: small, copied freely, and good
 * for as long as the Value is. Nothing is decoded before it is asked for.
 *
 * @code
 * using Ages = std::map<std::string, int>;
 * const deltos::Value value = deltos::Value::of(std::tuple("birds", Ages{{"owl", 3}, {"wren", 1}}));
 * const deltos::Node ages = value[1];
 * std::cout << value[0].as<std::string_view>() << ": " << ages["owl"].as<int>() << ", ";
 * for (const auto &[name, age] : ages.entries()) std::cout << name.as<std::string_view>() << age.as<int>();
 * std::cout << (ages.contains("gull") ? "" : ", no gull") << ", " << ages.as<Ages>().size() << "\n";
 * @endcode
 *
 * as<T>() is open to types of the program's own, see value_of.hpp; values are made with Value::of(), Transaction::put()
 * and ValueBuilder.
 *
 * Thread safety: values and nodes are immutable.
 * @{
 */
#ifndef DELTOS_HPP_VALUE_HPP
#define DELTOS_HPP_VALUE_HPP

#include <deltos/hpp/object.hpp>
#include <deltos/hpp/value_kinds.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** How T is put into values and got out of them: value_of.hpp. */
template <class T, class = void>
struct value_of;

class Node;

/** How Node::json() writes; values may be joined by `|`. */
enum class JsonStyle : std::int32_t {
  compact = DELTOS_JSON_COMPACT,  ///< no space between anything
  indent = DELTOS_JSON_INDENT,    ///< an element a line, two spaces a level
  ascii = DELTOS_JSON_ASCII       ///< what is not ASCII as backslash, u and four digits
};
constexpr JsonStyle operator|(JsonStyle left, JsonStyle right) noexcept {
  return static_cast<JsonStyle>(static_cast<std::int32_t>(left) | static_cast<std::int32_t>(right));
}

namespace detail {

inline Error kind_error(ValueKind found, const char *wanted) noexcept {
  char message[160];
  std::snprintf(message, sizeof message, "the node is of kind %s, not %s; see Node::kind()", name_of(found), wanted);
  return Error(Status::kind, message);
}

/** A number as T, where it stays the same number; what float cannot hold exactly is rounded. */
template <class T>
Result<T> number_of(const deltos_item &item) noexcept {
  const auto is = [&](std::int32_t kind) { return item.kind == kind; };
  if (!is(DELTOS_VALUE_INT) && !is(DELTOS_VALUE_UINT) && !is(DELTOS_VALUE_FLOAT)) {
    return kind_error(static_cast<ValueKind>(item.kind), "a number");
  }
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_floating_point_v<T>) {
    const auto made = is(DELTOS_VALUE_FLOAT) ? static_cast<T>(item.f64)
                      : is(DELTOS_VALUE_INT) ? static_cast<T>(item.i64)
                                             : static_cast<T>(item.u64);
    const bool is_too_large = is(DELTOS_VALUE_FLOAT) && item.f64 - item.f64 == 0 && made - made != 0;
    // 2^63 and 2^64 as T are beyond the integers, and so is what was rounded up to them.
    const T beyond = static_cast<T>(is(DELTOS_VALUE_INT) ? 9223372036854775808.0 : 18446744073709551616.0);
    const bool is_same = is(DELTOS_VALUE_INT)    ? made < beyond && static_cast<std::int64_t>(made) == item.i64
                         : is(DELTOS_VALUE_UINT) ? made < beyond && static_cast<std::uint64_t>(made) == item.u64
                                                 : !is_too_large;
    if (is_same) return made;
  } else if (is(DELTOS_VALUE_INT)) {
    const bool fits = item.i64 < 0 ? std::is_signed_v<T> && item.i64 >= static_cast<std::int64_t>(Limits::min())
                                   : static_cast<std::uint64_t>(item.i64) <= static_cast<std::uint64_t>(Limits::max());
    if (fits) return static_cast<T>(item.i64);
  } else if (is(DELTOS_VALUE_UINT)) {
    if (item.u64 <= static_cast<std::uint64_t>(Limits::max())) return static_cast<T>(item.u64);
  } else {
    // Powers of two are exact: the range is from the least number to before the one after the greatest.
    const double beyond = static_cast<double>(Limits::max() / 2 + 1) * 2;
    if (item.f64 >= static_cast<double>(Limits::min()) && item.f64 < beyond &&
        static_cast<double>(static_cast<T>(item.f64)) == item.f64) {
      return static_cast<T>(item.f64);
    }
  }
  return Error(Status::range, "the number cannot be held by the type that was asked for; use a larger one");
}

}  // namespace detail

/**
 * What is looked for, as an argument: a key, a member or an index. Made from null, a boolean, a number, text, bytes,
 * the types of value_kinds.hpp, or a Node of any value; it borrows what it is made from.
 */
class Key {
 public:
  Key(std::nullptr_t) noexcept { item_.kind = DELTOS_VALUE_NULL; }
  template <class T,
            class = std::enable_if_t<std::is_same_v<T, bool> || std::is_floating_point_v<T> || detail::is_integer<T>>>
  Key(T number) noexcept {
    if constexpr (std::is_same_v<T, bool>) {
      item_.kind = DELTOS_VALUE_BOOL;
      item_.i64 = number ? 1 : 0;
    } else if constexpr (std::is_floating_point_v<T>) {
      item_.kind = DELTOS_VALUE_FLOAT;
      item_.f64 = static_cast<double>(number);
    } else if constexpr (std::is_signed_v<T>) {
      item_.kind = DELTOS_VALUE_INT;
      item_.i64 = number;
    } else {
      item_.kind = DELTOS_VALUE_UINT;
      item_.u64 = number;
    }
  }
  Key(const char *text) noexcept : Key(std::string_view(text)) {}
  Key(const std::string &text) noexcept : Key(std::string_view(text)) {}
  Key(std::string_view text) noexcept : Key(DELTOS_VALUE_UTF8, text.data(), text.size()) {}
  Key(Span<const std::byte> bytes) noexcept : Key(DELTOS_VALUE_BYTES, bytes.data(), bytes.size()) {}
  Key(const std::vector<std::byte> &bytes) noexcept : Key(DELTOS_VALUE_BYTES, bytes.data(), bytes.size()) {}
  Key(const Date &date) noexcept {
    item_.kind = DELTOS_VALUE_DATE;
    item_.i64 = date.days;
  }
  Key(const DateTime &time) noexcept {
    item_.kind = DELTOS_VALUE_DATETIME;
    item_.i64 = time.seconds;
    item_.u64 = time.nanoseconds;
    item_.detail = time.zone.value_or(DELTOS_VALUE_NO_ZONE);
  }
  Key(const Decimal &decimal) noexcept : Key(DELTOS_VALUE_DECIMAL, decimal.digits.data(), decimal.digits.size()) {
    item_.i64 = decimal.exponent;
    item_.u64 = decimal.negative ? 1 : 0;
    item_.detail = static_cast<std::int32_t>(decimal.kind);
  }
  Key(const Reference &reference) noexcept {
    item_.kind = DELTOS_VALUE_REFERENCE;
    item_.u64 = reference.id;
  }
  Key(const Node &node) noexcept;

  const deltos_item &item() const noexcept { return item_; }
  /** The value that holds it, where it is a Node; else NULL. */
  const deltos_object *holder() const noexcept { return holder_; }

 private:
  Key(std::int32_t kind, const void *data, std::size_t size) noexcept {
    item_.kind = kind;
    item_.data = data;
    item_.count = size;
  }

  deltos_item item_{};
  const deltos_object *holder_ = nullptr;
};

template <class Part>
class Parts;
/** The elements of a list or tuple, the members of a set. */
using Elements = Parts<Node>;
/** The keys and values of a dict. */
using Entries = Parts<std::pair<Node, Node>>;

/** A place in a Value, borrowed from it. A default-made one is null, and in no value. */
class Node {
 public:
  Node() noexcept = default;
  /** One that the C interface described. */
  Node(const deltos_object *value, const deltos_item &item, std::int32_t depth = 0) noexcept
      : value_(value), item_(item), depth_(depth) {}

  ValueKind kind() const noexcept { return static_cast<ValueKind>(item_.kind); }
  bool is_null() const noexcept { return kind() == ValueKind::null; }
  /** Elements, members, pairs, bytes of text, digits, or dimensions of an array; 0 of others. */
  std::size_t size() const noexcept { return static_cast<std::size_t>(item_.count); }
  bool empty() const noexcept { return item_.count == 0; }

  /**
   * What it holds, as T: `as<std::string_view>()`, `as<double>()`, `as<std::map<std::string, std::vector<int>>>()`.
   * value_of.hpp lists what there is; std::string_view and spans borrow from the value, others are copies.
   *
   * Fails with kind where it is another one, with range where a number does not stay the same in T, with type where
   * elements do not lie as T in memory, with not_found where a struct misses a field, with limit where it is nested
   * more than 512 deep, and with invalid, corrupt, no_memory or internal. Cost: constant, or that of copying.
   */
  template <class T>
  Result<T> try_as() const {
    if (depth_ > kMostNested) return Error(Status::limit, "nested more than 512 deep; the value contains itself");
    return value_of<T>::get(*this);
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] T as() const {
    return try_as<T>().value();
  }

  /**
   * The value of a key of a dict, or the element of a list or tuple at an index, counted from 0.
   *
   * Fails with not_found where there is no such key, with range where there is no such element, and with kind, limit,
   * invalid, corrupt, no_memory or internal, as deltos_value_find() says. Cost: constant on average.
   */
  Result<Node> try_at(const Key &key) const {
    if (kind() == ValueKind::list || kind() == ValueKind::tuple) return element(key);
    Result<std::optional<Node>> found = try_find(key);
    if (!found) return found.error();
    if (*found) return **found;
    char message[160] = "there is no such key; see Node::find()";
    if (key.item().kind == DELTOS_VALUE_UTF8) {
      std::snprintf(message, sizeof message, "there is no key \"%.*s\"; see Node::find()",
                    static_cast<int>(std::min<std::uint64_t>(key.item().count, 80)),
                    static_cast<const char *>(key.item().data));
    }
    return Error(Status::not_found, message);
  }
  /** The same, throwing. */
  [[nodiscard]] Node at(const Key &key) const { return try_at(key).value(); }
  [[nodiscard]] Node operator[](const Key &key) const { return at(key); }

  /** The value of a key of a dict, or a member of a set, where there is one. Fails as at(), but that absence is no
   * failure. Cost: constant on average. */
  Result<std::optional<Node>> try_find(const Key &key) const {
    using Found = std::optional<Node>;
    return detail::made<Found>([&](Found &found, deltos_error *err) {
      deltos_item item;
      const deltos_status status = deltos_value_find(value_, item_.node, &key.item(), key.holder(), &item, err);
      if (status == DELTOS_OK && item.kind != DELTOS_VALUE_END) found.emplace(value_, item, depth_ + 1);
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::optional<Node> find(const Key &key) const { return try_find(key).value(); }
  /** Whether a dict has a key, or a set a member. Fails as find(). */
  Result<bool> try_contains(const Key &key) const {
    const Result<std::optional<Node>> found = try_find(key);
    if (!found) return found.error();
    return found->has_value();
  }
  /** The same, throwing. */
  [[nodiscard]] bool contains(const Key &key) const { return try_contains(key).value(); }

  /** `for (const deltos::Node &element : node.elements())`, of a list, tuple or set. What is none fails with kind when
   * it is walked. */
  Elements elements() const noexcept;
  /** `for (const auto &[key, value] : node.entries())`, of a dict, in the order in which they were put. */
  Entries entries() const noexcept;
  /**
   * Fills in elements, or keys and values in turn, from the one numbered `first` on, and returns how many items were
   * filled in: 0 is the end. Node(get(), item) is the node of each.
   *
   * Fails with kind, invalid, corrupt, no_memory or internal, as deltos_value_children() says. Cost: constant for each.
   */
  Result<std::size_t> try_children(std::uint64_t first, Span<deltos_item> items) const {
    return detail::made<std::size_t>([&](std::size_t &filled, deltos_error *err) {
      std::uint64_t count = 0;
      const deltos_status status =
          deltos_value_children(value_, item_.node, first, items.data(), items.size(), &count, err);
      filled = static_cast<std::size_t>(count);
      return status;
    });
  }
  /** The same, throwing. */
  std::size_t children(std::uint64_t first, Span<deltos_item> items) const {
    return try_children(first, items).value();
  }

  /**
   * An array, or the elements of a list or tuple that lie as numbers, without a copy. The view keeps the memory, also
   * when the Value is gone.
   *
   * Fails with kind, layout, readonly, format, unsupported, limit, invalid, corrupt, no_memory or internal, as
   * deltos_value_view() says. Cost: constant.
   */
  Result<View> try_view(Request request = Request::full_ro) const {
    deltos_view *view = nullptr;
    deltos_error error;
    const auto flags = static_cast<std::int32_t>(request);
    if (deltos_value_view(value_, item_.node, flags, &view, &error) != DELTOS_OK) return Error(error);
    return View(view);
  }
  /** The same, throwing. */
  [[nodiscard]] View view(Request request = Request::full_ro) const { return try_view(request).value(); }
  /** The same as elements of type T: `view<const double>()`. Fails with type, too. */
  template <class T>
  Result<TypedView<T>> try_view() const {
    Result<View> view = try_view();
    if (!view) return view.error();
    return std::move(*view).template try_as<T>();
  }
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] TypedView<T> view() const {
    return try_view<T>().value();
  }

  /** The same for equal nodes, in every process and language. Fails with limit, invalid, corrupt, no_memory or
   * internal, as deltos_value_hash() says. Cost: reads all below it. */
  Result<std::uint64_t> try_hash() const {
    return detail::made<std::uint64_t>(
        [&](std::uint64_t &hash, deltos_error *err) { return deltos_value_hash(value_, item_.node, &hash, err); });
  }
  /** The same, throwing. */
  [[nodiscard]] std::uint64_t hash() const { return try_hash().value(); }

  /** Whether kinds and contents are equal, also of nodes of two values; value.h says what that means. Fails as hash().
   */
  Result<bool> try_equal(const Node &other) const {
    return detail::made<bool>([&](bool &is_equal, deltos_error *err) {
      std::uint8_t equal = 0;
      const deltos_status status = deltos_value_equal(value_, item_.node, other.value_, other.item_.node, &equal, err);
      is_equal = equal != 0;
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] bool equal(const Node &other) const { return try_equal(other).value(); }
  friend bool operator==(const Node &a, const Node &b) { return a.equal(b); }
  friend bool operator!=(const Node &a, const Node &b) { return !a.equal(b); }

  /**
   * As JSON text, without loss.
   *
   * Fails with unsupported where JSON has no word for something: bytes, references, keys that are no text, numbers that
   * are not finite; and with limit, format, invalid, range, corrupt, no_memory or internal, as deltos_value_to_json()
   * says. Cost: reads all below it.
   */
  Result<std::string> try_json(JsonStyle style = JsonStyle::compact) const {
    return detail::made<std::string>([&](std::string &text, deltos_error *err) {
      const auto flags = static_cast<std::int32_t>(style);
      std::uint64_t size = 0;
      const deltos_status asked = deltos_value_to_json(value_, item_.node, flags, nullptr, &size, err);
      if (asked != DELTOS_E_TOO_SMALL) return asked;
      text.resize(static_cast<std::size_t>(size));
      const deltos_status status = deltos_value_to_json(value_, item_.node, flags, text.data(), &size, err);
      if (status == DELTOS_OK) text.resize(static_cast<std::size_t>(size) - 1);
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::string json(JsonStyle style = JsonStyle::compact) const { return try_json(style).value(); }

  /** As the C interface describes it. */
  const deltos_item &item() const noexcept { return item_; }
  /** The value of the C interface that it is in; borrowed. */
  const deltos_object *get() const noexcept { return value_; }
  /** How many nodes it was reached through from the root. */
  std::int32_t depth() const noexcept { return depth_; }

 private:
  static constexpr std::int32_t kMostNested = 512;

  Result<Node> element(const Key &key) const {
    const Result<std::uint64_t> index = detail::number_of<std::uint64_t>(key.item());
    if (!index && index.status() == Status::kind)
      return Error(Status::kind, "an element of a list or tuple has an index, no key; give a number");
    deltos_item item;
    const Result<std::size_t> filled = index ? try_children(*index, {&item, 1}) : Result<std::size_t>(std::size_t{0});
    if (!filled) return filled.error();
    if (*filled == 1) return Node(value_, item, depth_ + 1);
    char message[120];
    std::snprintf(message, sizeof message, "there is no such element; there are %llu, counted from 0",
                  static_cast<unsigned long long>(item_.count));
    return Error(Status::range, message);
  }

  const deltos_object *value_ = nullptr;
  deltos_item item_{};
  std::int32_t depth_ = 0;
};

inline Key::Key(const Node &node) noexcept : item_(node.item()), holder_(node.get()) {}

/**
 * What is in a container, read in portions: an input range, walked once. It borrows from the Value. Going on throws,
 * and so does begin(); try_next() does not.
 */
template <class Part>
class Parts {
 public:
  explicit Parts(const Node &parent) noexcept : parent_(parent) {}

  /** Fills in the next one, and returns whether there was one. Fails with kind where there are no such parts, and as
   * Node::children(). */
  Result<bool> try_next(Part &part) {
    if (at_ == filled_) {
      const Result<void> read = refill();
      if (!read) return read.error();
    }
    if (filled_ == 0) return false;
    if constexpr (kEach == 1) {
      part = node(at_);
    } else {
      part = Part(node(at_), node(at_ + 1));
    }
    at_ += kEach;
    return true;
  }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Part;
    using difference_type = std::ptrdiff_t;
    using pointer = const Part *;
    using reference = const Part &;

    Iterator() noexcept = default;
    explicit Iterator(Parts &parts) : parts_(&parts) { settle(); }
    const Part &operator*() const noexcept { return parts_->part_; }
    const Part *operator->() const noexcept { return &**this; }
    Iterator &operator++() {
      settle();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator &left, const Iterator &right) noexcept { return left.parts_ == right.parts_; }
    friend bool operator!=(const Iterator &left, const Iterator &right) noexcept { return !(left == right); }

   private:
    void settle() {
      if (!parts_->try_next(parts_->part_).value()) parts_ = nullptr;
    }
    Parts *parts_ = nullptr;
  };
  Iterator begin() { return Iterator(*this); }
  Iterator end() noexcept { return {}; }

 private:
  static constexpr std::size_t kEach = std::is_same_v<Part, Node> ? 1 : 2;
  static constexpr std::size_t kAtOnce = 16;

  Result<void> refill() {
    const bool is_dict = parent_.kind() == ValueKind::dict;
    if (is_dict && kEach == 1) return Error(Status::kind, "a dict has entries; use Node::entries()");
    if (!is_dict && kEach == 2) return detail::kind_error(parent_.kind(), "dict");
    const Result<std::size_t> filled = parent_.try_children(next_, items_);
    if (!filled) return filled.error();
    filled_ = *filled;
    next_ += filled_ / kEach;
    at_ = 0;
    return {};
  }
  Node node(std::size_t at) const noexcept { return Node(parent_.get(), items_[at], parent_.depth() + 1); }

  Node parent_;
  std::uint64_t next_ = 0;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::array<deltos_item, kAtOnce> items_;
  Part part_;
};

inline Elements Node::elements() const noexcept { return Elements(*this); }
inline Entries Node::entries() const noexcept { return Entries(*this); }

/**
 * A value: an object like any other where it is stored, or in memory. `value->kind()`, `value["key"]`: what it holds is
 * its root. view() of the object exports it as the bytes that it is packed in.
 */
class Value : public Object {
 public:
  Value() noexcept = default;

  /** Of an object that was opened as any kind, which is taken only where this succeeds. Fails with kind where it is no
   * value, and with invalid, closed, stale, corrupt, io, no_memory or internal. */
  static Result<Value> try_from(Object &&object) {
    deltos_item item;
    deltos_error error;
    if (deltos_value_read(object.get(), 0, &item, &error) != DELTOS_OK) return Error(error);
    return Value(std::move(object), item);
  }
  /** The same, throwing. */
  [[nodiscard]] static Value from(Object &&object) { return try_from(std::move(object)).value(); }

  /**
   * Opens a value that was packed into memory of the caller's.
   *
   * @param packed   Aligned to 8 bytes; to 64 where arrays in it are to be viewed. Nobody may change it meanwhile.
   * @param release  Called once, without arguments, when the handle and the last view are gone, on whatever thread that
   *                 is; never when opening fails. It must not block on other threads; what it throws ends the program.
   * Fails with invalid, layout, not_deltos, feature, corrupt, no_memory or internal, as deltos_value_open_memory()
   * says. Threads: any. Cost: constant.
   */
  template <class Release>
  static Result<Value> try_open_memory(Span<const std::byte> packed, Release release) {
    detail::ReleaseCall<Release> call(std::move(release));
    deltos_object *opened = nullptr;
    deltos_error error;
    const deltos_status status = deltos_value_open_memory(
        packed.data(), packed.size(), &detail::ReleaseCall<Release>::run, call.user(), &opened, &error);
    if (status != DELTOS_OK) return Error(error);
    call.taken();
    return try_from(Object(opened));
  }
  /** The same without being told; the memory must outlive the value and every view of it. */
  static Result<Value> try_open_memory(Span<const std::byte> packed) {
    deltos_object *opened = nullptr;
    deltos_error error;
    if (deltos_value_open_memory(packed.data(), packed.size(), nullptr, nullptr, &opened, &error) != DELTOS_OK)
      return Error(error);
    return try_from(Object(opened));
  }
  /** The same, throwing. */
  template <class Release>
  [[nodiscard]] static Value open_memory(Span<const std::byte> packed, Release release) {
    return try_open_memory(packed, std::move(release)).value();
  }
  [[nodiscard]] static Value open_memory(Span<const std::byte> packed) { return try_open_memory(packed).value(); }

  /** A value in memory of its own, from anything that value_of.hpp knows: `Value::of(std::vector{1, 2, 3})`. Fails as
   * ValueBuilder::put() and pack(). */
  template <class T>
  static Result<Value> try_of(const T &content);
  /** The same, throwing. */
  template <class T>
  [[nodiscard]] static Value of(const T &content) {
    return try_of(content).value();
  }

  /** Valid while this is, also when it is moved. */
  Node root() const noexcept { return root_; }
  const Node &operator*() const noexcept { return root_; }
  const Node *operator->() const noexcept { return &root_; }
  /** As of the root. */
  [[nodiscard]] Node operator[](const Key &key) const { return root_[key]; }
  friend bool operator==(const Value &a, const Value &b) { return a.root_ == b.root_; }
  friend bool operator!=(const Value &a, const Value &b) { return a.root_ != b.root_; }

 private:
  Value(Object &&object, const deltos_item &item) noexcept : Object(std::move(object)), root_(get(), item) {}

  Node root_;
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

template <>
struct std::hash<deltos::Node> {
  std::size_t operator()(const deltos::Node &node) const { return static_cast<std::size_t>(node.hash()); }
};

#endif
