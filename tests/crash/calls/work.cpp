#include "crash/calls/work.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace deltos::crash {

using store::Create;
using store::Durability;
using store::Mode;
using store::ObjectRef;
using store::Storage;
using store::Transaction;

namespace {

constexpr std::uint64_t kLarge = 300'000;

}  // namespace

Work::Work(FailingIo *io, const std::string &directory, const Variant &variant, int rounds)
    : directory_(directory), path_(directory + "/a.deltos"), variant_(variant), rounds_(rounds) {
  io->no_unnamed_files = variant.no_unnamed_files;
  io->no_room = variant.no_room;
  if (variant_.kind != Kind::replace) return;
  // An older storage is there, which must stay whole until the new one takes its name.
  auto old = Storage::open(path_, options(Mode::write, Create::fresh));
  if (!old.ok()) {
    complain("setting up: " + old.error().message);
    return;
  }
  storage_ = *std::move(old);
  commit(Durability::sync,
         [&](Transaction &transaction, Model *model) { return create(transaction, model, "old", 5000, false); });
  before_ = std::move(acknowledged_);
  acknowledged_ = {};
  close();
  old_there_ = true;
}

Work::~Work() {
  if (storage_) storage_->detach();
  storage_.reset();
  std::error_code ignored;
  for (const auto &entry : std::filesystem::directory_iterator(directory_, ignored)) {
    std::filesystem::remove(entry.path(), ignored);
  }
}

store::OpenOptions Work::options(Mode mode, Create create) const {
  store::OpenOptions options;
  options.mode = mode;
  options.create = create;
  options.reserve_bytes = std::uint64_t{64} << 20;
  options.sparse = variant_.sparse;
  options.sigbus_guard = options.verify = variant_.careful;
  return options;
}

void Work::complain(const std::string &wrong) {
  if (wrong_.empty()) wrong_ = wrong;
}

bool Work::good(const char *what, const Status &status) {
  if (status.ok()) return true;
  const Error &error = status.error();
  const std::string told = std::string(what) + ": " + error.message;
  if (error.message.empty() || error.message.find('\n') != std::string::npos) complain(told + ": not one line");
  if (error.code == Code::internal || error.code == Code::corrupt) complain(told + ": the wrong kind of error");
  if (errors_++ == 0) {
    first_error_ = told;
  } else if (!refused_) {
    ++errors_after_first_;
    first_error_ += "; then " + told;
  }
  return false;
}

bool Work::exists(const std::string &path) const {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0;
}

void Work::open(const store::OpenOptions &options, bool creating) {
  auto opened = variant_.kind == Kind::anonymous && creating ? Storage::open_anonymous("calls", options)
                                                             : Storage::open(path_, options);
  // A barrier may have failed just now, or earlier in this boot.
  if (!opened.ok() && opened.code() == Code::io) refused_ = refused_ || options.mode != Mode::read;
  if (!good("open", opened)) return;
  created_ = created_ || creating;
  storage_ = *std::move(opened);
}

void Work::close() {
  if (!storage_) return;
  good("close", storage_->close());
  storage_.reset();
}

void Work::commit(Durability durability, const Change &change) {
  if (!storage_) return;
  auto begun = storage_->begin_transaction();
  if (!begun.ok() && begun.code() == Code::io) refused_ = true;
  if (!good("begin", begun)) return;
  Model model = acknowledged_;
  if (!good("change", change(**begun, &model))) return (*begun)->abort();
  auto committed = (*begun)->commit(durability);
  if (committed.ok()) {
    acknowledged_ = std::move(model);
    in_doubt_.reset();
    if (variant_.kind == Kind::replace) old_there_ = false;
    return;
  }
  good("commit", committed);
  if (committed.code() == Code::in_doubt) in_doubt_ = std::move(model);
  if (committed.code() == Code::in_doubt || committed.code() == Code::io) {
    refused_ = !storage_->begin_transaction().ok();
  }
  (*begun)->abort();
}

// ---- what is done

Status Work::create(Transaction &transaction, Model *model, const std::string &name, std::uint64_t bytes, bool zero) {
  DELTOS_ASSIGN(const auto object, transaction.create(name, new_object(bytes), zero));
  const Content content = contents_.make(bytes, object->record().id, transaction.snapshot()->id(), zero);
  if (!zero) {
    std::vector<std::byte> payload(bytes);
    content.fill(payload.data());
    DELTOS_ASSIGN(const auto filler, transaction.fill(*object));
    DELTOS_TRY(filler->add(payload));
    DELTOS_TRY(filler->finish());
  }
  model->objects[name] = {object->record().id, false, content, {}};
  return {};
}

Status Work::renew(Transaction &transaction, Model *model, const std::string &name, bool copy) {
  const auto known = model->objects.find(name);
  if (known == model->objects.end()) return {};
  DELTOS_ASSIGN(const auto old, ObjectRef::open(transaction.snapshot(), name, 0));
  ModelObject &object = known->second;
  const std::uint64_t bytes = copy ? object.content.bytes : 9000;
  DELTOS_ASSIGN(const auto fresh, transaction.replace(*old, new_object(bytes), copy, !copy));
  (void)fresh;
  object.content = copy ? contents_.copy(object.content, object.content.word)
                        : contents_.make(bytes, object.id, transaction.snapshot()->id(), true);
  object.sealed = false;
  return {};
}

void Work::in_transactions(int round) {
  const std::string of_round = std::to_string(round);
  if (round != 0) {
    commit(Durability::sync, [&](Transaction &transaction, Model *model) -> Status {
      DELTOS_ASSIGN(const std::uint64_t removed, transaction.remove_prefix(""));
      if (removed != model->objects.size()) complain("remove_prefix: another number of objects");
      model->objects.clear();
      return {};
    });
    if (!acknowledged_.objects.empty()) return;  // that was the commit that failed
  }
  commit(Durability::sync, [&](Transaction &transaction, Model *model) -> Status {
    DELTOS_TRY(create(transaction, model, "small", 400 + 80 * static_cast<unsigned>(round), false));
    DELTOS_TRY(create(transaction, model, "blocks", 10'000, false));
    return create(transaction, model, "zero", 5000, true);
  });
  commit(Durability::lazy, [&](Transaction &transaction, Model *model) -> Status {
    DELTOS_TRY(renew(transaction, model, "blocks", false));
    const Item item{3, 4000};
    DELTOS_TRY(transaction.set_metadatum(0, "note", item.metadatum()));
    model->items["note"] = item;
    return {};
  });
  commit(Durability::async, [&](Transaction &transaction, Model *model) -> Status {
    if (model->objects.erase("zero") != 0) DELTOS_TRY(transaction.remove("zero"));
    const auto moved = model->objects.find("small");
    if (moved == model->objects.end()) return {};
    DELTOS_TRY(transaction.rename("small", "moved", true));
    model->objects["moved"] = moved->second;
    model->objects.erase("small");
    return {};
  });
  commit(Durability::sync, [&](Transaction &transaction, Model *model) -> Status {
    DELTOS_TRY(create(transaction, model, "grown" + of_round, kLarge, true));
    return create(transaction, model, "written", 70'000, false);
  });
  for (const bool sealed : {true, false}) {
    commit(Durability::sync, [&](Transaction &transaction, Model *model) -> Status {
      for (const char *name : {"moved", "written"}) {
        const auto known = model->objects.find(name);
        if (known == model->objects.end()) continue;
        if (!sealed) {
          DELTOS_TRY(renew(transaction, model, name, true));
          continue;
        }
        DELTOS_ASSIGN(const auto object, ObjectRef::open(transaction.snapshot(), name, 0));
        DELTOS_ASSIGN(const auto changed, transaction.seal(*object));
        (void)changed;
        known->second.sealed = true;
      }
      return {};
    });
  }
  if (!storage_) return;
  if (auto transaction = storage_->begin_transaction(); good("begin", transaction)) {
    Model unused = acknowledged_;
    good("change", create(**transaction, &unused, "aborted", 6000, false));
    (*transaction)->abort();
  }
}

void Work::outside_transactions() {
  if (!storage_) return;
  auto snapshot = storage_->begin_snapshot();
  if (!good("snapshot", snapshot)) return;
  good("newer", storage_->newer_snapshot(**snapshot));
  good("info", storage_->info());
  if (acknowledged_.objects.count("blocks") != 0) {
    auto object = ObjectRef::open(*snapshot, "blocks", 0);
    if (good("object", object)) good("export", storage_->export_payload(**object, true));
  }
  const Status synced = storage_->sync();
  if (!synced.ok() && synced.code() != Code::busy) {  // a barrier failed, or the file could not be looked at
    const auto probe = storage_->begin_transaction();
    refused_ = !probe.ok();
    if (probe.ok()) (*probe)->abort();
  }
  good("sync", synced);
  good("verify", storage_->verify(store::VerifyLevel::full, {}));
}

void Work::copy(const char *suffix, bool compact) {
  auto snapshot = storage_->begin_snapshot();
  if (!good("snapshot", snapshot)) return;
  const std::string to = directory_ + "/" + suffix;
  const Status copied = compact ? (*snapshot)->compact_to(to, false, {}) : (*snapshot)->copy_to(to, false, {});
  if (!good("copy", copied)) return;
  if (!exists(to)) complain("a copy succeeded and is not there");
}

void Work::copies() {
  if (!storage_) return;
  copy("copy", false);
  copy("compact", true);
}

void Work::in_place() {
  open(options(Mode::in_place), false);
  if (!storage_) return;
  auto snapshot = storage_->begin_snapshot();
  if (good("snapshot", snapshot) && acknowledged_.objects.count("blocks") != 0) {
    auto object = ObjectRef::open(*snapshot, "blocks", 0);
    if (good("object", object)) {
      auto exported = storage_->export_payload(**object, true);
      if (good("export", exported)) (*exported)->data()[(*exported)->bytes() > 4096 ? 4088 : 0] = std::byte{0};
    }
    snapshot->reset();
    const Status synced = storage_->sync();
    refused_ = refused_ || !synced.ok();
    good("sync", synced);
  }
  if (snapshot.ok()) snapshot->reset();
  close();
}

void Work::only_reading() {
  open(options(Mode::read), false);
  if (!storage_) return;
  auto snapshot = storage_->begin_snapshot();
  if (good("snapshot", snapshot)) {
    good("list", (*snapshot)->list("", false, "", 100));
    snapshot->reset();
  }
  close();
}

void Work::live() {
  const Create create = variant_.kind == Kind::replace     ? Create::replace
                        : variant_.kind == Kind::if_absent ? Create::if_absent
                                                           : Create::fresh;
  open(options(Mode::write, variant_.kind == Kind::anonymous ? Create::existing : create), true);
  for (int round = 0; round < rounds_; ++round) in_transactions(round);
  outside_transactions();
  copies();
  if (variant_.kind == Kind::anonymous) return;
  close();
  if (!created_ || old_there_) return;
  open(options(Mode::write), false);
  commit(Durability::async, [&](Transaction &transaction, Model *model) -> Status {
    return this->create(transaction, model, "later", 3000, false);
  });
  close();
  in_place();
  only_reading();
}

// ---- what must be

std::string Work::check_state(Storage &storage) {
  auto snapshot = storage.begin_snapshot();
  if (!snapshot.ok()) return "snapshot: " + snapshot.error().message;
  std::string wrong = difference(acknowledged_, **snapshot, nullptr);
  if (!wrong.empty() && in_doubt_) wrong = difference(*in_doubt_, **snapshot, nullptr);
  if (!wrong.empty() && old_there_) wrong = difference(before_, **snapshot, nullptr);
  if (!wrong.empty()) return "an acknowledged state is lost: " + wrong;
  auto findings = storage.verify(store::VerifyLevel::full, {});
  if (!findings.ok()) return "verify: " + findings.error().message;
  return findings->empty() ? "" : "verify: " + findings->front().message;
}

std::string Work::go_on(const std::string &path) {
  auto opened = Storage::open(path, options(Mode::write));
  if (!opened.ok() && opened.code() == Code::io && refused_) {
    store::OpenOptions redirtying = options(Mode::write);
    redirtying.redirty = true;
    opened = Storage::open(path, redirtying);
  }
  if (!opened.ok()) return "open for writing: " + opened.error().message;
  std::string wrong = check_state(**opened);
  if (!wrong.empty()) return "writer: " + wrong;
  auto transaction = (*opened)->begin_transaction();
  if (!transaction.ok()) return "begin: " + transaction.error().message;
  auto object = (*transaction)->create("last", new_object(4096), true);
  if (!object.ok()) return "create: " + object.error().message;
  auto committed = (*transaction)->commit(Durability::sync);
  if (!committed.ok()) return "commit: " + committed.error().message;
  auto findings = (*opened)->verify(store::VerifyLevel::full, {});
  if (!findings.ok() || !findings->empty()) return "verify after one more commit";
  const Status closed = (*opened)->close();
  return closed.ok() ? "" : "close: " + closed.error().message;
}

std::string Work::settle(bool errors_allowed, bool once) {
  if (!wrong_.empty()) return wrong_;
  if (!errors_allowed && errors_ != 0) return "an error although every call can be made again: " + first_error_;
  if (once && errors_after_first_ != 0) return "one failed call spoilt more than one: " + first_error_;
  if (variant_.kind == Kind::anonymous) {
    return storage_ && !refused_ ? check_state(*storage_) : "";
  }
  if (storage_) {
    storage_->detach();
    storage_.reset();
  }
  for (const auto &entry : std::filesystem::directory_iterator(directory_)) {
    const std::string name = entry.path().filename();
    if (name == "copy" || name == "compact") {
      auto copied = Storage::open(entry.path(), options(Mode::write));
      if (!copied.ok()) return "a copy that is there cannot be opened: " + copied.error().message;
    } else if (entry.path() != path_ && once && errors_allowed && name.find(".new") == std::string::npos) {
      return "something was left behind: " + name;
    }
  }
  if (!exists(path_)) return created_ || variant_.kind == Kind::replace ? "the storage is gone" : "";
  auto reader = Storage::open(path_, options(Mode::read));
  if (!reader.ok()) return "open for reading: " + reader.error().message;
  std::string wrong = check_state(**reader);
  if (!wrong.empty()) return "reader: " + wrong + " (" + first_error_ + ")";
  reader->reset();
  wrong = go_on(path_);
  return wrong.empty() ? "" : wrong + " (" + first_error_ + ")";
}

}  // namespace deltos::crash
