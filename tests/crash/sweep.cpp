// Damaged files: every byte of every header, superblock, live page and catalogue page of small storages changed, one at
// a time, and the file cut at every length that matters. Each time it is opened and read through the whole interface.
//
// Pages of trees are also changed by someone who knows how to make their checksums right again.
//
// Promise held: that ends well or with an error that says so; it never crashes and never hangs. A child does the work;
// when it dies or stands still, the parent names the byte.
//
// usage: sweep GOLDEN             a storage of format 1.0, which must also still say what it said when it was made
//        sweep --write GOLDEN     makes that file
#include <fcntl.h>
#include <signal.h>

#include <fstream>

#include "campaign.hpp"
#include "format/array.hpp"
#include "format/page.hpp"
#include "object/array.hpp"
#include "object/stored_type.hpp"
#include "store/map_cursor.hpp"
#include "support/storages.hpp"

namespace deltos::crash {
namespace {

using namespace deltos::testing_support;
using namespace deltos::store;

constexpr double kLongestStandstill = 30;
constexpr std::uint64_t kSmallest = 704 * 1024;  // no room to grow ahead of need

struct Case {
  char text[120] = {};
};
struct Figures {
  std::atomic<std::uint64_t> opens{0}, good{0}, refused{0}, findings{0}, written{0}, cuts{0};
  Case now;
  Complaints complaints;
};

// ---- storages with everything that format 1.0 knows

format::Metadatum text_item(const std::string &text) {
  format::Metadatum item;
  item.format = "B";
  item.shape = {static_cast<std::int64_t>(text.size())};
  item.data.resize(text.size());
  std::memcpy(item.data.data(), text.data(), text.size());
  return item;
}

std::vector<std::uint64_t> counted(std::uint64_t count) {
  std::vector<std::uint64_t> words(count);
  for (std::uint64_t i = 0; i < count; ++i) words[i] = i * i + count;
  return words;
}

NewObject described(std::vector<std::int64_t> shape, std::uint64_t item_bytes, std::string item_format) {
  NewObject object;
  object.kind = format::kKindBuffer;
  object.item_bytes = item_bytes;
  object.payload_bytes = item_bytes;
  for (const std::int64_t length : shape) object.payload_bytes *= static_cast<std::uint64_t>(length);
  object.shape = std::move(shape);
  object.format = std::move(item_format);
  return object;
}

void fill_small(const std::shared_ptr<Storage> &storage) {
  auto transaction = must(storage->begin_transaction());
  (void)must(put_words(*transaction, "slot", counted(8)));
  (void)must(put_words(*transaction, "pages", counted(600)));
  const auto sealed = must(put_words(*transaction, "a/sealed", counted(8300)));
  (void)must(transaction->seal(*sealed));
  const auto small = must(put_words(*transaction, "a/sealed small", counted(8)));
  (void)must(transaction->seal(*small));
  (void)must(transaction->create("scalar", described({}, 8, "d"), true));
  (void)must(transaction->create("empty", described({3, 0, 2}, 4, "f"), true));
  (void)must(transaction->create("record", described({2, 1}, 24, "T{d:x:d:y:l:when:}"), true));
  must(transaction->set_metadatum(0, "title", text_item("a storage with some of everything")));
  must(transaction->set_metadatum(1, "unit", text_item("metre")));
  must(transaction->set_metadatum(1, "long", text_item(std::string(5000, 'x'))));  // outside its page
  must(transaction->commit(Durability::sync));
}

void fill_rich(const std::shared_ptr<Storage> &storage) {
  fill_small(storage);
  auto transaction = must(storage->begin_transaction());
  for (int i = 0; i < 90; ++i) {
    const std::string name = "many/" + std::string(static_cast<std::size_t>(i % 40 + 1), 'n') + std::to_string(i);
    const auto made = must(put_words(*transaction, name, counted(static_cast<std::uint64_t>(i * 7 % 300))));
    if (i % 3 == 0)
      must(transaction->set_metadatum(made->record().id, "note",
                                      text_item(std::string(static_cast<std::size_t>(i), 'm'))));
  }
  must(transaction->commit(Durability::lazy));
  transaction = must(storage->begin_transaction());
  must(transaction->remove("pages"));
  must(transaction->rename("scalar", "moved/scalar", false));
  must(transaction->commit(Durability::async));  // a weak superblock
}

Result<object::Array::Pointer> array_named(const std::shared_ptr<const Snapshot> &snapshot, std::string_view name) {
  DELTOS_ASSIGN(const auto ref, ObjectRef::open(snapshot, name, format::kKindArray));
  return object::open_array(*ref, {});
}

// Of one piece, of several, and one that has grown since its last commit.
void fill_arrays(const std::shared_ptr<Storage> &storage) {
  auto transaction = must(storage->begin_transaction());
  const dtype::Format numbers = must(object::element_type("Q", 0, 0));
  for (const char *name : {"one", "two", "live"}) (void)must(object::create_array(*transaction, name, numbers, 0));
  must(transaction->commit(Durability::sync));
  const auto snapshot = must(storage->begin_snapshot());
  const auto one = must(array_named(snapshot, "one")), two = must(array_named(snapshot, "two")),
             live = must(array_named(snapshot, "live"));
  must(one->append(counted(100).data(), 100));
  must(two->append(counted(9000).data(), 9000));
  must(live->home().flush(true));
  must(live->append(counted(50).data(), 50));
}

std::string key_of(unsigned i) { return std::string(i % 60, 'k') + std::to_string(i * 37 % 400); }

// A tree of several leaves: short values, one that lies elsewhere, and an object; another one with nothing in it.
void fill_maps(const std::shared_ptr<Storage> &storage) {
  auto transaction = must(storage->begin_transaction());
  const std::uint64_t map = must(transaction->create_map("map", format::kMapKeyBytes))->record().id;
  (void)must(transaction->create_map("empty", format::kMapKeyU64));
  const auto words = must(put_words(*transaction, "of the map", counted(8)));
  for (unsigned i = 0; i < 250; ++i) {
    const std::string value(i % 50, 'v');
    (void)must(transaction->put_pair(map, bytes_of(key_of(i)), {bytes_of(value), 0}));
  }
  const std::string long_value(5000, 'l');
  (void)must(transaction->put_pair(map, bytes_of("long"), {bytes_of(long_value), 0}));
  (void)must(transaction->put_pair(map, bytes_of("object"), {{}, words->record().id}));
  must(transaction->commit(Durability::sync));
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> control_blocks(const Snapshot &snapshot) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
  for (const auto &entry : must(snapshot.list("", false, "", 1000))) {
    const auto record = must(snapshot.find_id(entry.id));
    if (record->kind == format::kKindArray) found.emplace_back(record->extents[0].offset, sizeof(format::ArrayControl));
  }
  return found;
}

// ---- reading all there is

Result<std::uint64_t> read_array(const ObjectRef &ref) {
  DELTOS_ASSIGN(const object::Array::Pointer array, object::open_array(ref, {}));
  DELTOS_ASSIGN(const object::View view, array->acquire(dtype::kRequestNd));
  std::uint64_t sum = array->count();
  for (std::uint64_t at = 0; at < view.memory()->bytes(); ++at) {
    sum += std::to_integer<unsigned>(view.memory()->data()[at]);
  }
  return sum;
}

// Forwards, backwards, by keys, and by what is counted.
Result<std::uint64_t> read_map(const ObjectRef &ref, const std::shared_ptr<const Snapshot> &snapshot) {
  DELTOS_ASSIGN(const MapRef::Pointer map, MapRef::open(ref));
  std::uint64_t sum = 0;
  for (const bool reverse : {false, true}) {
    MapCursor cursor(map, snapshot, {}, reverse);
    std::array<MapPair, 20> pairs;
    for (std::size_t count = pairs.size(); count != 0;) {
      DELTOS_ASSIGN(count, cursor.next(pairs.data(), pairs.size()));
      for (std::size_t i = 0; i < count; ++i) {
        for (const std::byte byte : pairs[i].key) sum += std::to_integer<unsigned>(byte);
        for (const std::byte byte : pairs[i].value.bytes) sum += std::to_integer<unsigned>(byte);
      }
    }
  }
  for (unsigned i = 0; i < 300; i += 30) {
    const auto found = map->read(*snapshot, [&](const MapReader &reader) { return reader.get(bytes_of(key_of(i))); });
    if (!found.ok()) return found.error();
  }
  MapBounds some;
  const std::string low = key_of(70);
  some.low.assign(bytes_of(low).begin(), bytes_of(low).end());
  DELTOS_TRY(map->read(*snapshot, [&](const MapReader &reader) { return reader.count(some); }));
  return sum;
}

Result<std::uint64_t> read_all(const std::shared_ptr<Storage> &storage) {
  std::uint64_t sum = 0;
  DELTOS_ASSIGN(const StorageInfo info, storage->info());
  DELTOS_ASSIGN(const auto snapshot, storage->begin_snapshot());
  DELTOS_ASSIGN(const auto own_keys, snapshot->metadata_keys(0));
  for (const std::string &key : own_keys) DELTOS_TRY(snapshot->metadatum(0, key));
  DELTOS_TRY(snapshot->list("", true, "", 1000));
  DELTOS_ASSIGN(const auto entries, snapshot->list("", false, "", 1000));
  for (const auto &entry : entries) {
    DELTOS_ASSIGN(const auto object, ObjectRef::open_id(snapshot, entry.id, 0));
    DELTOS_TRY(ObjectRef::open(snapshot, entry.name, entry.kind));
    DELTOS_ASSIGN(const auto keys, snapshot->metadata_keys(entry.id));
    for (const std::string &key : keys) DELTOS_TRY(snapshot->metadatum(entry.id, key));
    if (entry.kind == format::kKindArray) {
      DELTOS_ASSIGN(const std::uint64_t elements, read_array(*object));
      sum += elements;
      continue;
    }
    if (entry.kind == format::kKindSortedMap) {
      DELTOS_ASSIGN(const std::uint64_t pairs, read_map(*object, snapshot));
      sum += pairs;
      continue;
    }
    DELTOS_ASSIGN(const auto view, storage->export_payload(*object, false));
    for (std::uint64_t at = 0; at < view->bytes(); ++at) sum += std::to_integer<unsigned>(view->data()[at]);
  }
  return sum + info.object_count;
}

// ---- one storage under the knife

class Image {
 public:
  using Places = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  Image(std::string label, std::vector<std::byte> bytes, Figures &figures, std::uint64_t seed, Places more = {})
      : label_(std::move(label)), bytes_(std::move(bytes)), figures_(figures), seed_(seed), more_(std::move(more)) {}
  ~Image() {
    if (memory_ != nullptr) munmap(memory_, bytes_.size());
    if (fd_ >= 0) ::close(fd_);
  }
  Image(const Image &) = delete;
  Image &operator=(const Image &) = delete;

  // The file that it was written in, whose live page is believed; else a copy is made, whose is not.
  void use_file(int fd) {
    fd_ = fd;
    memory_ = mmap(nullptr, bytes_.size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (memory_ == MAP_FAILED) throw std::runtime_error("the image cannot be mapped");
  }
  void use_copy() { use_file(file_of(bytes_.size())); }

  enum class How { memory, resealed, file };  // resealed: in memory, pages of trees alone
  void flip_all(How how, unsigned values) {
    std::byte *bytes = how == How::file ? static_cast<std::byte *>(memory_) : bytes_.data();
    for (const auto &[from, count] : places()) {
      for (std::uint64_t at = from; at < from + count; ++at) {
        for (unsigned value = 0; value < values; ++value) {
          if (how == How::resealed)
            flip_resealed(bytes + from, at, value);
          else
            flip(how, bytes + at, at, value);
        }
      }
    }
  }

  void cut_all(std::uint64_t step) {
    for (std::uint64_t length = 0; length <= bytes_.size(); length += step) {
      cut(length);
      if (length % 4096 != 0) continue;
      if (length > 0) cut(length - 1);
      if (length < bytes_.size()) cut(length + 1);
    }
  }

 private:
  int file_of(std::uint64_t length) const {
    const int fd = memfd_create("sweep", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes_.data(), length) != static_cast<ssize_t>(length))
      throw std::runtime_error("no memory file");
    return fd;
  }

  // Header, slots, live page, whatever looks like a catalogue page, old ones too, and what else was asked for.
  Places places() const {
    Places found = more_;
    found.emplace_back(0, sizeof(format::Header) + 16);
    for (const std::uint64_t slot : format::kSlotOffset) found.emplace_back(slot, sizeof(format::Superblock));
    found.emplace_back(format::kLiveOffset, format::kBlockBytes);
    for (std::uint64_t at = format::kFirstDataOffset; at + format::kBlockBytes <= bytes_.size();
         at += format::kBlockBytes) {
      std::uint32_t magic;
      std::memcpy(&magic, bytes_.data() + at, sizeof magic);
      if (magic == format::kPageMagic) found.emplace_back(at, format::kBlockBytes);
    }
    return found;
  }

  void flip_resealed(std::byte *place, std::uint64_t at, unsigned value) {
    const std::uint64_t within = at % format::kBlockBytes;  // the first four say that it is a page
    if (load<std::uint32_t>(place) != format::kPageMagic || within >= format::kPageChecksumOffset || within < 4) return;
    std::byte *const checksum = place + format::kPageChecksumOffset;
    const auto right = load<std::uint64_t>(checksum);
    flip(How::resealed, place + within, at, value, place);
    save(checksum, right);
  }

  // resealed: the page whose checksum is to be right.
  void flip(How how, std::byte *byte, std::uint64_t at, unsigned value, std::byte *resealed = nullptr) {
    const std::byte before = *byte;
    const std::uint64_t random = mix(seed_ + value, at);
    std::byte after = value == 0   ? before ^ static_cast<std::byte>(1U << random % 8)
                      : value == 1 ? ~before
                                   : static_cast<std::byte>(random);
    if (after == before) after = before ^ std::byte{0x80};
    std::snprintf(figures_.now.text, sizeof figures_.now.text, "%s, %s, byte %" PRIu64 " from %02x to %02x",
                  label_.c_str(),
                  how == How::file     ? "READ"
                  : how == How::memory ? "STATIC"
                                       : "STATIC, resealed",
                  at, std::to_integer<unsigned>(before), std::to_integer<unsigned>(after));
    *byte = after;
    if (resealed != nullptr) save(resealed + format::kPageChecksumOffset, format::page_checksum(resealed));
    if (how == How::file) {
      open_file(fd_, Mode::read);
    } else {
      open_memory(bytes_.size());
    }
    if (random % 256 == 0 && how != How::file) open_for_writing(bytes_.size());
    *byte = before;
  }

  void cut(std::uint64_t length) {
    std::snprintf(figures_.now.text, sizeof figures_.now.text, "%s cut to %" PRIu64 " bytes", label_.c_str(), length);
    open_memory(length);
    const int fd = file_of(length);
    open_file(fd, Mode::read);
    ::close(fd);
    if (length % 4096 != 0 || length % 16384 == 0) open_for_writing(length);
    figures_.cuts.fetch_add(1);
  }

  // The memory behind it ends where it is told to: what is read beyond comes from another page or faults.
  void open_memory(std::uint64_t length) {
    use(Storage::open_memory(bytes_.data(), length, opening(Mode::immutable), nullptr));
  }
  void open_file(int fd, Mode mode) { use(Storage::open_fd(fd, opening(mode))); }

  void open_for_writing(std::uint64_t length) {
    const int fd = file_of(length);
    auto opened = Storage::open_fd(fd, opening(Mode::write));
    if (opened.ok()) {
      (void)change(*opened);
      figures_.written.fetch_add(1);
    }
    use(std::move(opened));
    ::close(fd);
  }
  static Status change(const std::shared_ptr<Storage> &storage) {
    DELTOS_TRY(append_to_all(storage));
    DELTOS_ASSIGN(const auto transaction, storage->begin_transaction());
    DELTOS_TRY(change_maps(*transaction));
    DELTOS_TRY(put_words(*transaction, "after all", counted(100)));
    DELTOS_TRY(transaction->commit(Durability::sync));
    return {};
  }

  static Status change_maps(Transaction &transaction) {
    DELTOS_ASSIGN(const auto entries, transaction.snapshot()->list("", false, "", 1000));
    for (const auto &entry : entries) {
      if (entry.kind != format::kKindSortedMap) continue;
      for (unsigned i = 0; i < 300; i += 3) {
        DELTOS_TRY(transaction.put_pair(entry.id, bytes_of(key_of(i)), {bytes_of("another value"), 0}));
        DELTOS_TRY(transaction.remove_pair(entry.id, bytes_of(key_of(i + 1))));
      }
      DELTOS_TRY(transaction.remove_pairs(entry.id, {}));
    }
    return {};
  }

  // So much that each of them grows.
  static Status append_to_all(const std::shared_ptr<Storage> &storage) {
    DELTOS_ASSIGN(const auto snapshot, storage->begin_snapshot());
    DELTOS_ASSIGN(const auto entries, snapshot->list("", false, "", 1000));
    for (const auto &entry : entries) {
      if (entry.kind != format::kKindArray) continue;
      DELTOS_ASSIGN(const object::Array::Pointer array, array_named(snapshot, entry.name));
      DELTOS_TRY(array->resize(array->capacity() + 1));
    }
    return {};
  }

  void use(Result<std::shared_ptr<Storage>> opened) {
    figures_.opens.fetch_add(1);
    if (!opened.ok()) {
      check_error(opened.error());
      return;
    }
    const auto sum = read_all(*opened);
    if (sum.ok())
      figures_.good.fetch_add(1);
    else
      check_error(sum.error());
    const auto findings = (*opened)->verify(VerifyLevel::full, {});
    if (!findings.ok())
      check_error(findings.error());
    else if (!findings->empty())
      figures_.findings.fetch_add(1);
  }
  void check_error(const Error &error) {
    figures_.refused.fetch_add(1);
    if (error.message.empty() || error.code == Code::internal)
      figures_.complaints.add(std::string(figures_.now.text) + ": " + error.message);
  }

  std::string label_;
  std::vector<std::byte> bytes_;
  Figures &figures_;
  std::uint64_t seed_;
  Places more_;
  int fd_ = -1;
  void *memory_ = nullptr;
};

// ---- the golden file

std::vector<std::byte> bytes_of_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (text.empty()) throw std::runtime_error(path + " cannot be read");
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

void write_golden(const std::string &path) {
  OpenOptions options = opening(Mode::write, Create::fresh);
  options.max_file_bytes = kSmallest;
  const auto storage = must(Storage::open(path, options));
  fill_small(storage);
  must(storage->close());
}

void check_words(const std::shared_ptr<Storage> &storage, const std::string &name, std::uint64_t count, bool sealed) {
  const auto object = must(ObjectRef::open(must(storage->begin_snapshot()), name, format::kKindBuffer));
  const auto view = must(storage->export_payload(*object, false));
  const auto expected = counted(count);
  const auto words = words_of(*view);
  if (!std::equal(words.begin(), words.end(), expected.begin(), expected.end()) || object->record().sealed != sealed ||
      object->record().format != "Q") {
    throw std::runtime_error("the golden file no longer holds " + name);
  }
}

void check_golden(const std::string &path) {
  const std::vector<std::byte> bytes = bytes_of_file(path);
  const ScratchDirectory directory;
  const std::string copy = directory.path + "/golden.deltos";
  std::filesystem::copy_file(path, copy);
  for (const Mode mode : {Mode::immutable, Mode::read, Mode::write}) {
    const auto storage = must(Storage::open(copy, opening(mode)));
    check_words(storage, "slot", 8, false);
    check_words(storage, "pages", 600, false);
    check_words(storage, "a/sealed", 8300, true);
    check_words(storage, "a/sealed small", 8, true);
    const auto snapshot = must(storage->begin_snapshot());
    const auto record = must(ObjectRef::open(snapshot, "record", 0));
    const auto note = must(snapshot->metadatum(1, "long"));
    if (record->record().format != "T{d:x:d:y:l:when:}" || record->record().shape != std::vector<std::int64_t>{2, 1} ||
        !note || note->data.size() != 5000 || snapshot->object_count() != 7) {
      throw std::runtime_error("the golden file no longer says what it said");
    }
    if (!must(storage->verify(VerifyLevel::full, {})).empty())
      throw std::runtime_error("verify found something in the golden file");
  }
}

// ---- all of it

void sweep_one(const std::string &label, void (*fill)(const std::shared_ptr<Storage> &), Figures &figures,
               std::uint64_t seed, unsigned in_memory, unsigned in_file) {
  OpenOptions options = opening(Mode::write);
  options.max_file_bytes = 3 * kSmallest;
  const auto storage = must(Storage::open_anonymous(label, options));
  fill(storage);
  const auto controls = control_blocks(*must(storage->begin_snapshot()));
  const int fd = fcntl(must(storage->descriptor()), F_DUPFD_CLOEXEC, 0);
  must(storage->close());
  std::vector<std::byte> bytes(static_cast<std::size_t>(lseek(fd, 0, SEEK_END)));
  if (pread(fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("short read");
  Image alive(label, bytes, figures, seed, controls);
  alive.use_file(fd);
  alive.flip_all(Image::How::memory, in_memory);
  alive.flip_all(Image::How::file, in_file);
  alive.flip_all(Image::How::resealed, 1);
  Image copied(label + " copied", bytes, figures, seed + 1, controls);
  copied.use_copy();
  copied.flip_all(Image::How::file, in_file);
  copied.cut_all(long_run() ? 512 : 16384);
}

void sweep_all(const std::string &golden, Figures &figures, std::uint64_t seed) {
  check_golden(golden);
  Image old("golden", bytes_of_file(golden), figures, seed);
  old.flip_all(Image::How::memory, 3);
  old.cut_all(512);
  sweep_one("small", fill_small, figures, seed, long_run() ? 3 : 1, long_run() ? 3 : 1);
  sweep_one("arrays", fill_arrays, figures, seed, 1, long_run() ? 3 : 1);
  sweep_one("maps", fill_maps, figures, seed, long_run() ? 3 : 1, long_run() ? 3 : 0);
  sweep_one("rich", fill_rich, figures, seed, long_run() ? 3 : 1, long_run() ? 3 : 0);
}

// Waits as long as something happens; false when it has to be ended.
bool keeps_moving(pid_t child, const Figures &figures, int *status) {
  std::uint64_t opens = 0;
  for (double since = seconds(); seconds() - since < kLongestStandstill;) {
    if (waitpid(child, status, WNOHANG) == child) return true;
    if (figures.opens.load() != opens) since = seconds();
    opens = figures.opens.load();
    pause_us(20'000);
  }
  kill(child, SIGKILL);
  *status = wait_for(child);
  return false;
}

int run(const std::string &golden) {
  const std::uint64_t seed = chosen_seed();
  std::printf("damaged files, seed %" PRIu64 "%s\n", seed, long_run() ? ", long" : "");
  Shared<Figures> figures;
  const double began = seconds();
  const pid_t child = start_child(figures->complaints, [&] { sweep_all(golden, *figures, seed); });
  int status = 0;
  const bool moved = keeps_moving(child, *figures, &status);
  if (!moved)
    figures->complaints.add(std::string("stood still at ") + figures->now.text);
  else if (WIFSIGNALED(status))
    figures->complaints.add("signal " + std::to_string(WTERMSIG(status)) + " at " + figures->now.text);
  std::printf("%.1f s: %" PRIu64 " read through, %" PRIu64 " errors, %" PRIu64 " with findings, %" PRIu64
              " opened for writing and changed, %" PRIu64 " lengths\n",
              seconds() - began, figures->good.load(), figures->refused.load(), figures->findings.load(),
              figures->written.load(), figures->cuts.load());
  const bool enough = reached("opens", figures->opens.load(), long_run() ? 300'000 : 100'000);
  return none("crashes, hangs and nameless errors", figures->complaints) && enough && status == 0 ? 0 : 1;
}

}  // namespace
}  // namespace deltos::crash

int main(int count, char **arguments) {
  if (count == 3 && std::string(arguments[1]) == "--write") {
    deltos::crash::write_golden(arguments[2]);
    return 0;
  }
  if (count != 2) return 2;
  return deltos::crash::run(arguments[1]);
}
