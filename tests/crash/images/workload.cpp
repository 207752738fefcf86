#include "crash/images/workload.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "format/validate.hpp"
#include "os/file.hpp"
#include "store/create.hpp"

namespace deltos::crash {

using store::Durability;
using store::ObjectRef;
using store::Transaction;

// ---- the file

MemoryFile::MemoryFile() : fd_(::memfd_create("image", MFD_CLOEXEC)) {
  void *view = ::mmap(nullptr, kMaxPages * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  view_ = static_cast<std::byte *>(view);
  struct stat status;
  ::fstat(fd_, &status);
  inode_ = status.st_ino;
}

MemoryFile::~MemoryFile() {
  ::munmap(view_, kMaxPages * kPage);
  ::close(fd_);
}

std::uint32_t MemoryFile::pages() const {
  struct stat status;
  ::fstat(fd_, &status);
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(status.st_size) / kPage);
}

Image MemoryFile::image(PagePool *pool) const {
  Image image(pages());
  for (std::size_t page = 0; page < image.size(); ++page) image[page] = pool->intern(view_ + page * kPage);
  return image;
}

namespace {

bool same_lengths(const Model &a, const Model &b) {
  return std::equal(a.objects.begin(), a.objects.end(), b.objects.begin(), b.objects.end(),
                    [](const auto &x, const auto &y) { return x.second.length == y.second.length; });
}

}  // namespace

store::OpenOptions writing() {
  store::OpenOptions options;
  options.mode = store::Mode::write;
  options.reserve_bytes = kMaxPages * kPage;
  return options;
}

Content Contents::make(std::uint64_t bytes, std::uint64_t id, std::uint64_t transaction, bool zero) {
  const std::uint64_t number = ++last_;
  return {number, id, number, transaction, bytes, zero, zero ? 0 : number * 7 + 1};
}

Content Contents::copy(const Content &of, std::uint64_t word) {
  Content content = of;
  content.number = ++last_;
  content.word = word;
  return content;
}

// ---- a run

Run::Run(Recorder *recorder, MemoryFile *file, const Script &script, std::uint64_t seed)
    : recorder_(recorder), file_(file), script_(script), random_(seed) {}

Run::~Run() { close(false); }

void Run::close(bool properly) {
  exported_.reset();
  const Model told = with_lengths(model_);
  arrays_.clear();
  pinned_.reset();
  if (!storage_) return;
  if (properly) {
    // Lengths that no commit has told of get one of their own.
    expect_next(told);
    const std::uint64_t own = recorder_->attempted;
    const Status closed = storage_->close();
    if (closed.ok() && !same_lengths(told, model_)) {
      recorder_->published = own;
      model_ = told;
    }
    if (!closed.ok() && wrong_.empty()) wrong_ = "close: " + closed.error().message;
  } else {
    storage_->detach();
  }
  storage_.reset();
}

bool Run::reopen(const store::OpenOptions &options) {
  close(true);
  store::OpenOptions limited = options;
  limited.max_file_bytes = script_.max_blocks * kPage;
  expect_next(model_);
  auto opened = store::Storage::open_fd(file_->fd(), limited);
  if (!opened.ok()) {
    failed_ = true;
    if (opened.code() != Code::io) wrong_ = "open: " + opened.error().message;
    return false;
  }
  storage_ = *std::move(opened);
  acknowledge();
  return true;
}

std::string Run::after_failure() {
  if (!storage_) return {};
  std::string wrong;
  if (storage_->begin_transaction().code() != Code::io) wrong = "a transaction begins after a failed barrier";
  if (storage_->sync().ok()) wrong = "a sync succeeds after a failed barrier";
  auto snapshot = storage_->begin_snapshot();
  if (!snapshot.ok()) {
    wrong = "nothing can be read after a failed barrier: " + snapshot.error().message;
  } else if ((*snapshot)->id() != recorder_->published) {
    wrong = "a commit was published although its barrier failed";
  }
  if (snapshot.ok()) snapshot->reset();
  close(false);
  return wrong;
}

void Run::expect_next(const Model &model) {
  recorder_->attempted = std::max(recorder_->published, format::kFirstTransaction) + 1;
  history_.states[recorder_->attempted] = std::make_shared<const Model>(model);
}

// The number under which a power cut shows what is durable: the one that a writer publishes when it opens stands in no
// superblock.
std::uint64_t Run::in_superblock(std::uint64_t durable) const {
  std::uint64_t found = 0;
  const auto header = deltos::load<format::Header>(file_->view());
  for (const unsigned slot : {format::kSlotA, format::kSlotB}) {
    const Bytes bytes(file_->view() + format::kSlotOffset[slot], sizeof(format::Superblock));
    const auto superblock = format::read_superblock(bytes, header.uuid);
    if (superblock && superblock->transaction <= durable) found = std::max(found, superblock->transaction);
  }
  return found;
}

// What the storage says is durable has to be.
void Run::acknowledge() {
  auto info = storage_->info();
  if (!info.ok()) {
    wrong_ = "info: " + info.error().message;
    return;
  }
  history_.states.try_emplace(info->transaction_id, std::make_shared<const Model>(model_));
  recorder_->published = info->transaction_id;
  recorder_->attempted = std::max(recorder_->attempted, info->transaction_id);
  recorder_->durable = in_superblock(info->durable_id);
  recorder_->tick("acknowledged");
}

void Run::run() {
  history_.states[format::kFirstTransaction] = std::make_shared<const Model>();
  if (!reopen(writing())) return;
  std::size_t at = 0;
  while (at < script_.words.size() && !failed_ && wrong_.empty()) {
    std::size_t end = script_.words.find(' ', at);
    if (end == std::string::npos) end = script_.words.size();
    step(script_.words.substr(at, end - at));
    at = end + 1;
  }
  if (wrong_.empty()) wrong_ = recorder_->violation();
}

void Run::step(const std::string &word) {
  switch (word.back()) {
    case 'i':
      return store_in_place();
    case 'y':
      return sync();
    case 'h':
      return append(nullptr, false);
    case 'H':
      return append(nullptr, true);
    case 'w':
      return cut_array();
    case 'v':
      return flush_arrays();
    case 'o':
      reopen(writing());
      return;
    case 'j':
      close(false);
      reopen(writing());
      return;
    case 'p': {
      auto snapshot = storage_->begin_snapshot();
      if (snapshot.ok()) pinned_ = *std::move(snapshot);
      return;
    }
    case 'b':
      return pinned_.reset();
    case 'e':
      return hold_export();
    case 'f':
      return exported_.reset();
    default:
      return transaction(word);
  }
}

void Run::transaction(const std::string &word) {
  auto begun = storage_->begin_transaction();
  if (!begun.ok()) {
    wrong_ = "begin: " + begun.error().message;
    return;
  }
  Attempt attempt{*begun, (*begun)->snapshot()->id(), model_, false};
  for (std::size_t i = 0; i + 1 < word.size() && wrong_.empty() && !failed_; ++i) operation(word[i], &attempt);
  if (wrong_.empty() && !failed_) finish(word.back(), &attempt);
}

void Run::operation(char what, Attempt *attempt) {
  switch (what) {
    case 'c':
      return create(attempt, 64 + 8 * random(370), false);
    case 'a':
      return create_array(attempt);
    case 'g':
      return append(attempt, true);
    case 'C':
      return create(attempt, 3080 + 8 * random(1100), false);
    case 'B':
      return create(attempt, 66'000 + 8 * random(1500), false);
    case 'z':
      return create(attempt, 64 + 8 * random(1100), true);
    case 'G':
      return create(attempt, std::uint64_t{1} << 20, true);
    case 'r':
      return replace(attempt, false);
    case 'q':
      return replace(attempt, true);
    case 'd':
      return remove(attempt, false);
    case 'D':
      return remove(attempt, true);
    case 'n':
      return rename(attempt, false);
    case 'N':
      return rename(attempt, true);
    case 's':
      return seal(attempt, true);
    case 'u':
      return seal(attempt, false);
    default:
      return describe(attempt, what);
  }
}

// Whether an error is one that the script provokes on purpose.
bool Run::tolerate(const char *what, const Error &error, Attempt *attempt) {
  const bool space = error.code == Code::no_space || error.code == Code::limit;
  if (space && attempt != nullptr) attempt->short_of_space = true;
  const bool barrier = error.code == Code::io || error.code == Code::in_doubt;
  if (barrier) failed_ = true;
  // What is left of a transaction that ran out of space half-way is to be aborted.
  const bool broken = attempt != nullptr && attempt->short_of_space && error.code == Code::corrupt;
  if (space || barrier || broken || error.code == Code::pinned) return true;
  wrong_ = std::string(what) + ": " + error.message;
  return false;
}

void Run::finish(char how, Attempt *attempt) {
  if (how == 'X') {
    // Room that arrays have grown by is committed all the same.
    const Model next = with_lengths(model_);
    expect_next(next);
    attempt->transaction->abort();
    recorder_->tick("aborted");
    if (const auto info = storage_->info(); info.ok() && info->transaction_id == attempt->number) model_ = next;
    acknowledge();
    return settle_arrays();
  }
  attempt->model = with_lengths(std::move(attempt->model));
  recorder_->attempted = attempt->number;
  history_.states[attempt->number] = std::make_shared<const Model>(attempt->model);
  recorder_->tick("before the commit");
  if (how == 'S') recorder_->syncing = attempt->number;
  const auto durability = how == 'S' ? Durability::sync : how == 'L' ? Durability::lazy : Durability::async;
  auto committed = attempt->transaction->commit(durability);
  recorder_->syncing = 0;
  if (!committed.ok()) {
    if (attempt->short_of_space && committed.code() == Code::corrupt) return attempt->transaction->abort();
    tolerate("commit", committed.error(), attempt);
    return;
  }
  model_ = attempt->model;
  acknowledge();
  if (*committed == attempt->number) newest_commit_ = *committed;
  if (*committed != recorder_->published) wrong_ = "commit: the id is not that of the newest state";
  // A commit that changes nothing answers with the newest number, which after opening stands in no superblock.
  if (how == 'S' && *committed == attempt->number && recorder_->durable < *committed)
    wrong_ = "commit: SYNC, but not durable";
  settle_arrays();
}

void Run::sync() {
  expect_next(model_);
  const std::uint64_t before = recorder_->published;
  const Status synced = storage_->sync();
  if (!synced.ok()) {
    tolerate("sync", synced.error(), nullptr);
    return;
  }
  acknowledge();
  // The number a writer opens with stands in no superblock.
  if (recorder_->published != before) newest_commit_ = recorder_->published;
  recorder_->durable = std::max(recorder_->durable, newest_commit_);
  recorder_->tick("synced");
}

// ---- objects

Run::Objects::iterator Run::choose(Objects *objects, bool (*wanted)(const ModelObject &)) {
  std::vector<Objects::iterator> fitting;
  for (auto at = objects->begin(); at != objects->end(); ++at) {
    if (wanted(at->second)) fitting.push_back(at);
  }
  return fitting.empty() ? objects->end() : fitting[random(fitting.size())];
}

void Run::fill(Transaction &transaction, const ObjectRef &object, const Content &content) {
  std::vector<std::byte> bytes(content.bytes);
  content.fill(bytes.data());
  auto filler = transaction.fill(object);
  if (!filler.ok()) {
    wrong_ = "fill: " + filler.error().message;
    return;
  }
  const std::size_t half = bytes.size() / 2;
  Status added = (*filler)->add(Bytes(bytes).first(half));
  recorder_->tick("half of a payload");
  if (added.ok()) added = (*filler)->add(Bytes(bytes).subspan(half));
  if (added.ok()) added = (*filler)->finish();
  if (!added.ok()) wrong_ = "fill: " + added.error().message;
}

void Run::create(Attempt *attempt, std::uint64_t bytes, bool zero) {
  const std::string name = "o/" + std::to_string(names_++);
  auto object = attempt->transaction->create(name, new_object(bytes), zero);
  if (!object.ok()) {
    tolerate("create", object.error(), attempt);
    return;
  }
  const std::uint64_t id = (*object)->record().id;
  const Content content = contents_.make(bytes, id, attempt->number, zero);
  if (!zero) fill(*attempt->transaction, **object, content);
  attempt->model.objects[name] = {id, false, content, {}};
}

// The word as the memory has it now: in-place stores are not part of the model's states.
std::uint64_t Run::current_word(const ModelObject &object, Transaction &transaction) {
  const auto scope = transaction.snapshot()->scope();
  const auto found = transaction.snapshot()->find_id(object.id);
  if (!scope.ok() || !found.ok() || !*found || (*found)->extents.empty()) return object.content.word;
  return load<std::uint64_t>(scope->data + (*found)->extents[0].offset + object.content.word_offset());
}

void Run::replace(Attempt *attempt, bool copy) {
  const auto at = choose(&attempt->model.objects,
                         [](const ModelObject &object) { return !object.array && object.content.bytes < 100'000; });
  if (at == attempt->model.objects.end()) return;
  ModelObject &object = at->second;
  const std::uint64_t bytes = copy ? object.content.bytes : 64 + 8 * random(1100);
  const std::uint64_t word = current_word(object, *attempt->transaction);
  auto old = ObjectRef::open(attempt->transaction->snapshot(), at->first, 0);
  if (!old.ok()) {
    wrong_ = "open of an object: " + old.error().message;
    return;
  }
  auto fresh = attempt->transaction->replace(**old, new_object(bytes), copy, false);
  if (!fresh.ok()) {
    tolerate("replace", fresh.error(), attempt);
    return;
  }
  object.content =
      copy ? contents_.copy(object.content, word) : contents_.make(bytes, object.id, attempt->number, false);
  object.sealed = false;
  if (!copy) fill(*attempt->transaction, **fresh, object.content);
}

void Run::remove(Attempt *attempt, bool largest) {
  Objects &objects = attempt->model.objects;
  auto at = choose(&objects, [](const ModelObject &) { return true; });
  for (auto other = objects.begin(); largest && other != objects.end(); ++other) {
    if (other->second.content.bytes > at->second.content.bytes) at = other;
  }
  if (at == objects.end()) return;
  const Status removed = attempt->transaction->remove(at->first);
  if (removed.ok()) {
    objects.erase(at);
  } else {
    tolerate("remove", removed.error(), attempt);
  }
}

void Run::rename(Attempt *attempt, bool over) {
  Objects &objects = attempt->model.objects;
  const auto any = [](const ModelObject &) { return true; };
  const auto from = choose(&objects, any), target = choose(&objects, any);
  if (from == objects.end() || (over && from == target)) return;
  const std::string to = over ? target->first : "n/" + std::to_string(names_++);
  const Status renamed = attempt->transaction->rename(from->first, to, over);
  if (!renamed.ok()) {
    tolerate("rename", renamed.error(), attempt);
    return;
  }
  ModelObject moved = from->second;
  objects.erase(from);
  objects[to] = std::move(moved);
}

void Run::seal(Attempt *attempt, bool sealed) {
  const auto at = sealed ? choose(&attempt->model.objects,
                                  [](const ModelObject &object) { return !object.sealed && !object.array; })
                         : choose(&attempt->model.objects, [](const ModelObject &object) { return object.sealed; });
  if (at == attempt->model.objects.end()) return;
  ModelObject &object = at->second;
  const std::uint64_t word = current_word(object, *attempt->transaction);
  auto ref = ObjectRef::open(attempt->transaction->snapshot(), at->first, 0);
  if (!ref.ok()) {
    wrong_ = "open of an object: " + ref.error().message;
    return;
  }
  auto changed = sealed ? attempt->transaction->seal(**ref) : attempt->transaction->unseal(**ref);
  if (!changed.ok()) {
    tolerate("seal", changed.error(), attempt);
    return;
  }
  const bool moved = !sealed || object.content.bytes <= format::kMaxSlotBytes;
  if (moved) object.content = contents_.copy(object.content, word);
  object.sealed = sealed;
}

void Run::describe(Attempt *attempt, char what) {
  const auto at = choose(&attempt->model.objects, [](const ModelObject &) { return true; });
  const bool storage = what == 't' || at == attempt->model.objects.end();
  auto &items = storage ? attempt->model.items : at->second.items;
  const std::uint64_t id = storage ? 0 : at->second.id;
  const std::string key = "key" + std::to_string(random(6));
  if (what == 'k') {
    auto removed = attempt->transaction->remove_metadatum(id, key);
    if (removed.ok()) {
      items.erase(key);
    } else {
      tolerate("remove metadata", removed.error(), attempt);
    }
    return;
  }
  const Item item{++words_, what == 'M' ? 1000 + random(5000) : 1 + random(950)};
  const Status set = attempt->transaction->set_metadatum(id, key, item.metadatum());
  if (set.ok()) {
    items[key] = item;
  } else {
    tolerate("set metadata", set.error(), attempt);
  }
}

// ---- outside transactions

void Run::store_in_place() {
  const auto at = choose(&model_.objects, [](const ModelObject &object) { return !object.sealed && !object.array; });
  if (at == model_.objects.end()) return;
  auto snapshot = storage_->begin_snapshot();
  if (!snapshot.ok()) return;
  auto object = ObjectRef::open(*snapshot, at->first, 0);
  auto exported = object.ok() ? storage_->export_payload(**object, true) : object.error();
  if (!exported.ok()) {
    wrong_ = "export: " + exported.error().message;
    return;
  }
  const Content &content = at->second.content;
  const std::uint64_t word = (std::uint64_t{1} << 50) + ++words_;
  auto *place = reinterpret_cast<std::uint64_t *>((*exported)->data() + content.word_offset());
  __atomic_store_n(place, word, __ATOMIC_RELEASE);
  history_.stores.push_back({content.number, word, trace_->events.size()});
  recorder_->tick("stored in place");
}

void Run::hold_export() {
  const auto at = choose(&model_.objects, [](const ModelObject &object) { return !object.array; });
  if (at == model_.objects.end()) return;
  auto snapshot = storage_->begin_snapshot();
  if (!snapshot.ok()) return;
  auto object = ObjectRef::open(*snapshot, at->first, 0);
  if (!object.ok()) return;
  auto exported = storage_->export_payload(**object, false);
  if (exported.ok()) exported_ = *std::move(exported);
}

}  // namespace deltos::crash
