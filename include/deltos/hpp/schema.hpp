/**
 * @file
 * @defgroup deltos_hpp_schema Schemas in C++
 *
 * Schema is the list of named slots that records have. One is made of NewSlots, or comes from a RecordTable.
 *
 * @code
 * const deltos::Schema place = deltos::Schema::make("place", {deltos::NewSlot::of<double>("x")});
 * const deltos::Schema tree = deltos::Schema::make(
 *     "tree", {deltos::NewSlot::of<double>("height"), {"name", deltos::SlotType::utf8, deltos::SlotFlags::nullable},
 *              deltos::NewSlot::record("place", place, deltos::SlotFlags::optional)});
 * std::cout << tree.slots().size() << " " << *tree.find("place.x") << " " << tree.info().row_bytes << "\n";
 * @endcode
 *
 * Thread safety: schemas are immutable.
 * @{
 */
#ifndef DELTOS_HPP_SCHEMA_HPP
#define DELTOS_HPP_SCHEMA_HPP

#include <deltos/hpp/element.hpp>
#include <optional>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** Types of slots; record.h says what each holds. */
enum class SlotType : std::int32_t {
  fixed = DELTOS_TYPE_FIXED,
  date = DELTOS_TYPE_DATE,
  datetime = DELTOS_TYPE_DATETIME,
  bytes = DELTOS_TYPE_BYTES,
  utf8 = DELTOS_TYPE_UTF8,
  list = DELTOS_TYPE_LIST,
  tuple = DELTOS_TYPE_TUPLE,
  set = DELTOS_TYPE_SET,
  dict = DELTOS_TYPE_DICT,
  decimal = DELTOS_TYPE_DECIMAL,
  ndarray = DELTOS_TYPE_NDARRAY,
  value = DELTOS_TYPE_VALUE,
  record = DELTOS_TYPE_RECORD
};

/** What a slot may be; values may be joined by `|`. */
enum class SlotFlags : std::uint32_t {
  none = 0,
  nullable = DELTOS_SLOT_NULLABLE,  ///< may be null
  optional = DELTOS_SLOT_OPTIONAL,  ///< may be unset
  writable = DELTOS_SLOT_WRITABLE,  ///< items can be changed in place
  utc = DELTOS_SLOT_UTC             ///< datetime: instants
};
constexpr SlotFlags operator|(SlotFlags left, SlotFlags right) noexcept {
  return static_cast<SlotFlags>(static_cast<std::uint32_t>(left) | static_cast<std::uint32_t>(right));
}
constexpr SlotFlags operator&(SlotFlags left, SlotFlags right) noexcept {
  return static_cast<SlotFlags>(static_cast<std::uint32_t>(left) & static_cast<std::uint32_t>(right));
}

class Schema;

/** A slot to make a schema of. A schema that it has must live until the schema is made. */
class NewSlot {
 public:
  /** One of any type but fixed and record. */
  NewSlot(std::string name, SlotType type, SlotFlags flags = SlotFlags::none)
      : name_(std::move(name)), type_(type), flags_(flags) {}
  /** A fixed one, of items of an element type. */
  NewSlot(std::string name, ElementType type, SlotFlags flags = SlotFlags::none)
      : name_(std::move(name)), flags_(flags), element_(std::move(type)) {}
  /** The same, of T. */
  template <class T>
  static NewSlot of(std::string name, SlotFlags flags = SlotFlags::none) {
    return NewSlot(std::move(name), ElementType::of<T>(), flags);
  }
  /** A record of another schema, inline. */
  static NewSlot record(std::string name, const Schema &schema, SlotFlags flags = SlotFlags::none);

 private:
  friend class Schema;
  deltos_slot raw() const noexcept {
    deltos_slot slot{};
    // One with a NUL inside is refused, as an empty one is, and not cut.
    slot.name = name_.find('\0') == std::string::npos ? name_.c_str() : "";
    slot.type = static_cast<std::int32_t>(type_);
    slot.flags = static_cast<std::uint32_t>(flags_);
    slot.schema = schema_;
    if (element_) slot.format = element_->format();
    if (element_) slot.dtype = static_cast<std::int32_t>(element_->dtype());
    return slot;
  }

  std::string name_;
  SlotType type_ = SlotType::fixed;
  SlotFlags flags_;
  std::optional<ElementType> element_;
  const deltos_schema *schema_ = nullptr;
};

/** One slot of a schema, and where it lies in a row. A copy that depends on nothing. */
struct Slot {
  std::string name;
  std::string format;  ///< fixed, date, datetime: of an item; record: the name of its schema
  SlotType type = SlotType::fixed;
  Dtype dtype = Dtype::other;
  SlotFlags flags = SlotFlags::none;
  std::int32_t parent = -1;  ///< number of the record it is in; -1: of none
  std::int32_t valid_bit = -1;
  std::int32_t null_bit = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/** What a schema has beside its slots. */
struct SchemaOptions {
  std::uint32_t version = 0;
  std::uint32_t min_reader = 0;  ///< readers with a smaller version are refused
  Span<const std::byte> metadata;
};

/** What a schema is; record.h says more of each. A copy that depends on nothing. */
struct SchemaInfo {
  std::string name;
  std::uint32_t version = 0;
  std::uint32_t min_reader = 0;
  std::uint32_t presence_bits = 0;
  std::uint64_t slots = 0;
  std::uint64_t row_bytes = 0;
  std::uint64_t alignment = 0;
  std::uint64_t presence_offset = 0;
  std::vector<std::byte> metadata;
};

/** Named slots with types. */
class Schema {
 public:
  Schema() noexcept = default;
  /** Takes over a handle of the C interface. */
  explicit Schema(deltos_schema *taken) noexcept : handle_(taken) {}

  /**
   * Makes a schema. Fails with invalid, duplicate (two slots of one name), format, unsupported, limit, no_memory or
   * internal, as deltos_schema_make() says; the message names the slot. Threads: any. Cost: a constant for each slot.
   */
  static Result<Schema> try_make(const Text &name, const std::vector<NewSlot> &slots,
                                 const SchemaOptions &options = {}) {
    std::vector<deltos_slot> raw;
    for (const NewSlot &slot : slots) raw.push_back(slot.raw());
    deltos_schema_options known{};
    known.struct_size = sizeof known;
    known.version = options.version;
    known.min_reader = options.min_reader;
    known.metadata = options.metadata.data();
    known.metadata_size = options.metadata.size();
    if (name.c_str() == nullptr) return Error(Status::invalid, "the name has a NUL inside");
    return opened([&](deltos_schema **schema, deltos_error *err) {
      // A pointer even where there is none to point to, so that "at least one" is what is said.
      static constexpr deltos_slot none{};
      return deltos_schema_make(name.c_str(), raw.empty() ? &none : raw.data(), raw.size(), &known, schema, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static Schema make(const Text &name, const std::vector<NewSlot> &slots,
                                   const SchemaOptions &options = {}) {
    return try_make(name, slots, options).value();
  }

  /** Reads what pack() has written. Fails with invalid, not_deltos, feature, corrupt, limit, no_memory or internal, as
   * deltos_schema_unpack() says. Threads: any. Cost: a constant for each slot. */
  static Result<Schema> try_unpack(Span<const std::byte> packed) {
    return opened([&](deltos_schema **schema, deltos_error *err) {
      return deltos_schema_unpack(packed.data(), packed.size(), schema, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] static Schema unpack(Span<const std::byte> packed) { return try_unpack(packed).value(); }

  /** The schema as bytes, a value that describes itself. Fails with invalid or internal. Threads: any. Cost: a copy. */
  Result<std::vector<std::byte>> try_pack() const {
    return detail::made<std::vector<std::byte>>([&](std::vector<std::byte> &packed, deltos_error *err) {
      std::uint64_t size = 0;
      const deltos_status status = deltos_schema_pack(get(), nullptr, &size, err);
      if (status != DELTOS_E_TOO_SMALL) return status;
      packed.resize(static_cast<std::size_t>(size));
      return deltos_schema_pack(get(), packed.data(), &size, err);
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::vector<std::byte> pack() const { return try_pack().value(); }

  /** What it is. Fails with invalid or internal. Threads: any. Cost: constant, and copying. */
  Result<SchemaInfo> try_info() const {
    return detail::made<SchemaInfo>([&](SchemaInfo &info, deltos_error *err) {
      deltos_schema_info raw{};
      raw.struct_size = sizeof raw;
      const deltos_status status = deltos_schema_stat(get(), &raw, err);
      if (status != DELTOS_OK) return status;
      const auto *const metadata = static_cast<const std::byte *>(raw.metadata);
      info = {raw.name,          raw.version,         raw.min_reader,
              raw.presence_bits, raw.slots,           raw.row_bytes,
              raw.alignment,     raw.presence_offset, {}};
      if (metadata != nullptr) info.metadata.assign(metadata, metadata + raw.metadata_size);
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] SchemaInfo info() const { return try_info().value(); }

  /** The slots of all levels, by their numbers. Fails with invalid, no_memory or internal. Cost: a copy of each. */
  Result<std::vector<Slot>> try_slots() const {
    return detail::made<std::vector<Slot>>([&](std::vector<Slot> &slots, deltos_error *err) {
      std::uint64_t count = 0;
      deltos_status status = deltos_schema_slots(get(), nullptr, 0, &count, err);
      if (status != DELTOS_OK) return status;
      std::vector<deltos_slot> raw(static_cast<std::size_t>(count));
      status = deltos_schema_slots(get(), raw.data(), count, &count, err);
      for (const deltos_slot &slot : raw) slots.push_back(copy_of(slot));
      return status;
    });
  }
  /** The same, throwing. */
  [[nodiscard]] std::vector<Slot> slots() const { return try_slots().value(); }

  /** The number of a slot, "place.x" for one within a record; none where there is none. Fails with invalid or internal.
   * Threads: any. Cost: a look at each slot. */
  Result<std::optional<std::uint64_t>> try_find(const Text &name) const {
    std::int64_t index = -1;
    deltos_error error;
    if (deltos_schema_find(get(), name.c_str(), &index, &error) != DELTOS_OK) return Error(error);
    if (index < 0) return std::optional<std::uint64_t>();
    return std::optional<std::uint64_t>(static_cast<std::uint64_t>(index));
  }
  /** The same, throwing. */
  [[nodiscard]] std::optional<std::uint64_t> find(const Text &name) const { return try_find(name).value(); }

  /** The schema of a record slot. Fails with invalid, range, type, no_memory or internal. Cost: constant. */
  Result<Schema> try_nested(std::uint64_t slot) const {
    return opened(
        [&](deltos_schema **nested, deltos_error *err) { return deltos_schema_nested(get(), slot, nested, err); });
  }
  /** The same, throwing. */
  [[nodiscard]] Schema nested(std::uint64_t slot) const { return try_nested(slot).value(); }

  /** Whether a program that knows this schema can read records of another one. Fails with type, naming slot and reason,
   * where it cannot; and with invalid, no_memory or internal. Threads: any. Cost: a look at each slot. */
  Result<void> try_check(const Schema &writer) const {
    return detail::done([&](deltos_error *err) { return deltos_schema_check(get(), writer.get(), err); });
  }
  /** The same, throwing. */
  void check(const Schema &writer) const { try_check(writer).value(); }

  /** The handle, for calls of the C interface; it stays this object's. */
  deltos_schema *get() const noexcept { return handle_.get(); }
  explicit operator bool() const noexcept { return get() != nullptr; }

 private:
  template <class Call>
  static Result<Schema> opened(Call &&call) {
    deltos_schema *schema = nullptr;
    deltos_error error;
    if (call(&schema, &error) != DELTOS_OK) return Error(error);
    return Schema(schema);
  }
  static Slot copy_of(const deltos_slot &raw) {
    return {raw.name,
            raw.format != nullptr ? raw.format : "",
            static_cast<SlotType>(raw.type),
            static_cast<Dtype>(raw.dtype),
            static_cast<SlotFlags>(raw.flags),
            raw.parent,
            raw.valid_bit,
            raw.null_bit,
            raw.offset,
            raw.size};
  }

  detail::Handle<deltos_schema, &deltos_schema_release> handle_;
};

inline NewSlot NewSlot::record(std::string name, const Schema &schema, SlotFlags flags) {
  NewSlot slot(std::move(name), SlotType::record, flags);
  slot.schema_ = schema.get();
  return slot;
}

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
