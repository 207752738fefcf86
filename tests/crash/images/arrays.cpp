// What a run does to growable arrays: they are opened once and appended to, in transactions and outside, and every
// length that they tell of is noted.
#include "crash/images/workload.hpp"
#include "object/stored_type.hpp"

namespace deltos::crash {

using object::Array;
using store::ObjectRef;

namespace {

dtype::Format element_format() {
  return *object::element_type("16384s", 0, 0);  // kElementBytes
}
static_assert(kElementBytes == 16384);

}  // namespace

Status append_element(Array &array, std::uint64_t id, const std::function<void(const char *)> &tick) {
  DELTOS_ASSIGN(const Array::Tail tail, array.tail(1));
  save(tail.data, element_word(id, array.count()));
  tick("an element is stored");
  return array.advance(1);
}

void Run::create_array(Attempt *attempt) {
  const std::string name = "a/" + std::to_string(names_++);
  auto made = object::create_array(*attempt->transaction, name, element_format(), 0);
  if (!made.ok()) {
    tolerate("create an array", made.error(), attempt);
    return;
  }
  const std::uint64_t id = (*made)->record().id;
  auto opened = object::open_array(**made, {});
  if (!opened.ok()) {
    tolerate("open a new array", opened.error(), attempt);
    return;
  }
  arrays_[id] = *std::move(opened);
  ModelObject &object = attempt->model.objects[name];
  object.id = id;
  object.array = true;
  note_length(id);
}

// The one that is open already, or opened as others would.
Array::Pointer Run::array_of(const Objects::iterator &at, const std::shared_ptr<const store::Snapshot> &snapshot) {
  Array::Pointer &known = arrays_[at->second.id];
  if (known != nullptr) return known;
  auto ref = ObjectRef::open(snapshot, at->first, object::kKindArray);
  auto opened = ref.ok() ? object::open_array(**ref, {}) : ref.error();
  if (opened.ok()) {
    known = *std::move(opened);
  } else {
    wrong_ = "open of an array: " + opened.error().message;
  }
  return known;
}

std::uint64_t Run::committed_room(std::uint64_t id) {
  const auto snapshot = storage_->begin_snapshot();
  if (!snapshot.ok()) return 0;
  const auto found = (*snapshot)->find_id(id);
  if (!found.ok() || !*found) return 0;
  std::uint64_t room = 0;
  for (std::size_t chunk = 1; chunk < (*found)->extents.size(); ++chunk) room += (*found)->extents[chunk].bytes;
  return room / kElementBytes;
}

void Run::note_length(std::uint64_t id) {
  const std::uint64_t length = arrays_[id]->count();
  history_.lengths.push_back({id, length, trace_->events.size(), length <= committed_room(id)});
}

// The model that a commit of now makes.
Model Run::with_lengths(Model model) const {
  for (auto &[name, object] : model.objects) {
    const auto open = arrays_.find(object.id);
    if (open != arrays_.end()) object.length = open->second->count();
  }
  return model;
}

// Behind the end of a transaction: whatever became of it, the arrays that there are have their room.
void Run::settle_arrays() {
  std::erase_if(arrays_, [&](const auto &open) {
    return std::none_of(model_.objects.begin(), model_.objects.end(),
                        [&](const auto &entry) { return entry.second.id == open.first; });
  });
  for (const auto &[id, array] : arrays_) {
    if (array->count() > committed_room(id)) wrong_ = "room that an array has grown by is in no commit";
    note_length(id);
  }
  if (!arrays_.empty()) recorder_->tick("arrays are settled");
}

// Outside a transaction structure changes with a commit of the array's own, which may also be left out.
void Run::with_own_commit(std::uint64_t id, const std::function<Status()> &change) {
  const Model next = with_lengths(model_);
  expect_next(next);
  const std::uint64_t own = recorder_->attempted;
  const Status done = change();
  if (!done.ok()) {
    tolerate("a commit of an array's own", done.error(), nullptr);
    return;
  }
  note_length(id);
  const auto info = storage_->info();
  if (info.ok() && info->transaction_id == own) model_ = next;
  acknowledge();
}

void Run::append(Attempt *attempt, bool grow) {
  Objects &objects = attempt != nullptr ? attempt->model.objects : model_.objects;
  const auto at = choose(&objects, [](const ModelObject &object) { return object.array; });
  if (at == objects.end()) return;
  const std::uint64_t id = at->second.id;
  auto snapshot = storage_->begin_snapshot();
  if (!snapshot.ok()) return;
  const Array::Pointer array = array_of(at, attempt != nullptr ? attempt->transaction->snapshot() : *snapshot);
  snapshot->reset();
  if (array == nullptr) return;
  const std::uint64_t room = array->capacity(), wanted = grow ? room + 1 : array->count() + 1;
  while (array->count() < wanted && wrong_.empty() && !failed_) {
    const auto one = [&] { return append_element(*array, id, [&](const char *what) { recorder_->tick(what); }); };
    if (attempt != nullptr || array->count() < array->capacity()) {
      const Status appended = one();
      if (!appended.ok() && tolerate("append", appended.error(), attempt)) return;
    } else {
      with_own_commit(id, one);
      if (array->capacity() == room) return;  // there is no space
    }
    note_length(id);
    recorder_->tick("an element is there");
  }
}

// Gives all back but a quarter of the elements.
void Run::cut_array() {
  const auto at = choose(&model_.objects, [](const ModelObject &object) { return object.array; });
  if (at == model_.objects.end()) return;
  auto snapshot = storage_->begin_snapshot();
  if (!snapshot.ok()) return;
  const std::uint64_t id = at->second.id;
  const Array::Pointer array = array_of(at, *snapshot);
  snapshot->reset();
  if (array == nullptr) return;
  const Status cut = array->resize(array->count() / 4);
  if (!cut.ok()) {
    tolerate("cut", cut.error(), nullptr);
    return;
  }
  note_length(id);
  recorder_->tick("an array is cut");
  with_own_commit(id, [&] { return array->shrink(); });
}

void Run::flush_arrays() {
  if (arrays_.empty()) return;
  with_own_commit(arrays_.begin()->first, [&] { return arrays_.begin()->second->home().flush(true); });
}

std::string array_difference(const Model &model, const std::shared_ptr<const store::Snapshot> &snapshot,
                             const Words *words) {
  for (const auto &[name, wanted] : model.objects) {
    if (!wanted.array) continue;
    auto ref = ObjectRef::open(snapshot, name, object::kKindArray);
    if (!ref.ok()) return name + ": " + ref.error().message;
    std::uint64_t count = 0;
    if (std::string wrong = expected_elements(wanted, (*ref)->record(), words, &count); !wrong.empty())
      return name + ": " + wrong;
    auto array = object::open_array(**ref, {});
    if (!array.ok()) return name + ": " + array.error().message;
    auto view = (*array)->acquire(dtype::kRequestNd);
    if (!view.ok()) return name + ": " + view.error().message;
    const auto shown = static_cast<std::uint64_t>(view->memory()->shape()[0]);
    if (shown != count || (*array)->count() != count) {
      return name + " shows " + std::to_string(shown) + " elements, not " + std::to_string(count);
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      if (load<std::uint64_t>(view->memory()->data() + i * kElementBytes) != element_word(wanted.id, i))
        return name + " shows an element " + std::to_string(i) + " that is not its own";
    }
  }
  return {};
}

std::string append_to_arrays(store::Transaction &transaction, Model *model) {
  for (auto &[name, known] : model->objects) {
    if (!known.array) continue;
    auto ref = ObjectRef::open(transaction.snapshot(), name, object::kKindArray);
    if (!ref.ok()) return ref.error().message;
    auto array = object::open_array(**ref, {});
    if (!array.ok()) return array.error().message;
    for (int i = 0; i < 3; ++i) {
      const Status appended = append_element(**array, known.id, [](const char *) {});
      if (!appended.ok()) return appended.error().message;
    }
    known.length = (*array)->count();
    known.length_is_live = true;
  }
  return {};
}

}  // namespace deltos::crash
