#include "crash/images/explorer.hpp"

#include <algorithm>
#include <cstring>

namespace deltos::crash {
namespace {

constexpr std::uint32_t kLength = UINT32_MAX;
constexpr PageId kBase = UINT32_MAX;  // the durable version
constexpr std::size_t kSector = 512;  // a write of a superblock may end, or begin, behind any of them

bool is_slot_page(std::uint32_t page) {
  return std::any_of(std::begin(format::kSlotOffset), std::end(format::kSlotOffset),
                     [&](std::uint64_t offset) { return offset / kPage == page; });
}

std::uint64_t mixed(std::uint64_t page, std::uint64_t content) {
  std::uint64_t value = content ^ (page + 1) * 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 31)) * 0xbf58476d1ce4e5b9;
  return value ^ (value >> 29);
}

void choose(Image *image, std::uint32_t page, PageId option) {
  if (page < image->size()) (*image)[page] = option;
}

}  // namespace

void Counts::add(const Counts &other) {
  images += other.images;
  kills += other.kills;
  compound += other.compound;
  failed_barriers += other.failed_barriers;
  damaged += other.damaged;
  runs += other.runs;
}

struct Explorer::Position {
  const Recorded *recorded;
  std::size_t event;
  std::int64_t barrier;  // the last one that counts; -1: none
  const Disk *disk;
  std::unordered_map<std::uint64_t, std::uint64_t> *seen;  // images since that barrier -> transaction shown
  const Words *words, *words_alive;
  const Event &at() const { return recorded->trace->events[event]; }
};

std::uint64_t Explorer::hash(const Image &image) const {
  std::uint64_t sum = image.size();
  for (std::size_t page = 0; page < image.size(); ++page) {
    if (image[page] != 0) sum += mixed(page, pool_->hash(image[page]));
  }
  return sum;
}

// ---- what to look at

void Explorer::add_torn(PageId before, std::vector<PageId> *options) {
  std::byte torn[kPage];
  const std::vector<PageId> whole = *options;
  for (const PageId after : whole) {
    for (std::size_t tear = kSector; tear < sizeof(format::Superblock); tear += kSector) {
      const auto mix = [&](PageId front, PageId back) {
        std::memcpy(torn, pool_->data(front), tear);
        std::memcpy(torn + tear, pool_->data(back) + tear, kPage - tear);
        options->push_back(pool_->intern(torn));
      };
      mix(after, before);
      mix(before, after);
    }
    before = after;
  }
}

std::vector<Explorer::Choice> Explorer::choices(const Disk &disk) {
  std::vector<Choice> found;
  for (const auto *versions : {&disk.limbo, &disk.pending}) {
    for (const auto &[page, list] : *versions) {
      if (page == format::kLiveOffset / kPage) continue;  // never believed afterwards
      const PageId before = page < disk.durable.size() ? disk.durable[page] : 0;
      Choice choice{page, list};
      if (is_slot_page(page)) add_torn(before, &choice.options);
      std::erase(choice.options, before);
      if (!choice.options.empty()) found.push_back(std::move(choice));
    }
  }
  if (!disk.pending_lengths.empty()) found.push_back({kLength, disk.pending_lengths});
  return found;
}

std::string Explorer::combine(const Disk &disk, const std::vector<Choice> &choices, const Sink &sink) {
  std::size_t combinations = 1;
  for (const Choice &choice : choices) {
    combinations *= 1 + choice.options.size();
    if (combinations > limits_.all_subsets_up_to) return some_combinations(disk, choices, sink);
  }
  return all_combinations(disk, choices, sink);
}

namespace {

// The image in which choices[i] has its option picked[i].
template <class Choices>
Image pick(const Disk &disk, const Choices &choices, const std::vector<PageId> &picked) {
  Image image = disk.durable;
  std::uint32_t length = static_cast<std::uint32_t>(image.size());
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].page == kLength && picked[i] != kBase) length = picked[i];
  }
  image.resize(length, 0);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].page != kLength && picked[i] != kBase) choose(&image, choices[i].page, picked[i]);
  }
  return image;
}

}  // namespace

std::string Explorer::all_combinations(const Disk &disk, const std::vector<Choice> &choices, const Sink &sink) {
  std::vector<std::size_t> digits(choices.size(), 0);
  std::vector<PageId> picked(choices.size(), kBase);
  for (;;) {
    if (std::string wrong = sink(pick(disk, choices, picked)); !wrong.empty()) return wrong;
    std::size_t at = 0;
    while (at < digits.size() && digits[at] == choices[at].options.size()) {
      digits[at] = 0;
      picked[at++] = kBase;
    }
    if (at == digits.size()) return {};
    picked[at] = choices[at].options[digits[at]++];
  }
}

// None, all, each alone, all but each, growing from either end, and some at random.
std::string Explorer::some_combinations(const Disk &disk, const std::vector<Choice> &choices, const Sink &sink) {
  const std::size_t count = choices.size();
  std::vector<PageId> none(count, kBase), all(count), picked;
  for (std::size_t i = 0; i < count; ++i) {
    // The newest whole version; the torn ones come behind it.
    all[i] = choices[i].page == kLength || !is_slot_page(choices[i].page) ? choices[i].options.back()
                                                                          : choices[i].options.front();
  }
  std::vector<std::vector<PageId>> chosen = {none, all};
  for (std::size_t i = 0; i < count; ++i) {
    for (const PageId option : choices[i].options) {
      picked = none;
      picked[i] = option;
      chosen.push_back(picked);
      picked = all;
      picked[i] = option;
      chosen.push_back(picked);
    }
    picked = all;
    picked[i] = kBase;
    chosen.push_back(picked);
    for (const bool front : {true, false}) {
      picked = front ? none : all;
      const auto from = front ? all.begin() : none.begin();
      std::copy(from, from + static_cast<std::ptrdiff_t>(i), picked.begin());
      chosen.push_back(picked);
    }
  }
  for (std::size_t i = 0; i < limits_.random_subsets; ++i) {
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t digit = random_() % (choices[k].options.size() + 1);
      picked[k] = digit == 0 ? kBase : choices[k].options[digit - 1];
    }
    chosen.push_back(picked);
  }
  for (const std::vector<PageId> &one : chosen) {
    if (std::string wrong = sink(pick(disk, choices, one)); !wrong.empty()) return wrong;
  }
  return {};
}

// ---- looking

std::string Explorer::explore(const Recorded &recorded) {
  Disk disk = recorded.trace->start;
  std::unordered_map<std::uint64_t, std::uint64_t> seen;
  std::int64_t barrier = -1;
  bool certain = true;
  const std::vector<Event> &events = recorded.trace->events;
  for (std::size_t event = 0; event < events.size(); ++event) {
    apply(events[event], &disk);
    if (events[event].kind == Event::Kind::failed_barrier) certain = false;
    if (event == recorded.redirtied) certain = true;
    if (certain && (events[event].kind == Event::Kind::barrier || event == recorded.redirtied)) {
      barrier = static_cast<std::int64_t>(event);
      seen.clear();
    }
    if (event < recorded.first_event) continue;
    const Words words(*recorded.history, event + 1, barrier, false), alive(*recorded.history, event + 1, barrier, true);
    const Position position{&recorded, event, barrier, &disk, &seen, &words, &alive};
    std::string wrong = after_event(position);
    if (!wrong.empty()) {
      return "after event " + std::to_string(event) + " (" + events[event].what + "), " + wrong;
    }
  }
  return {};
}

std::string Explorer::after_event(const Position &position) {
  const std::vector<Choice> open = choices(*position.disk);
  std::string wrong = combine(*position.disk, open, [&](const Image &image) { return power_cut(position, image); });
  if (!wrong.empty()) return wrong + " [" + std::to_string(open.size()) + " pages uncertain]";
  // Between the failure of a barrier and the note of it lies nothing but a store.
  if (position.at().kind == Event::Kind::failed_barrier) return {};
  return kill(position);
}

std::string Explorer::check(const Position &position, const Probe &probe, bool power, Disk *start) {
  const std::uint64_t image = hash(*probe.image);
  const std::uint64_t key = power ? image : ~image;
  if (const auto known = position.seen->find(key); known != position.seen->end()) {
    if (known->second >= probe.lowest && known->second <= probe.highest) return {};
    return "shows transaction " + std::to_string(known->second) + ", not one of " + std::to_string(probe.lowest) +
           " to " + std::to_string(probe.highest);
  }
  if (distinct_.insert(key).second) ++(power ? counts_.images : counts_.kills);
  std::uint64_t shown = 0;
  const bool again = start != nullptr && limits_.compound_one_in != 0 && key % limits_.compound_one_in == 0;
  std::string wrong =
      again ? crash_again(probe, position, std::move(*start), &shown) : checker_->check(probe, &shown, nullptr);
  if (wrong.empty()) (*position.seen)[key] = shown;
  return wrong;
}

std::string Explorer::power_cut(const Position &position, const Image &image) {
  const Event &event = position.at();
  const Probe probe{&image, position.recorded->history, position.words, event.durable, event.attempted, ++next_inode_};
  Disk start;
  start.durable = image;
  std::string wrong = check(position, probe, true, &start);
  return wrong.empty() ? wrong : "power cut: " + wrong;
}

// What every process sees is what is there; weak superblocks count.
std::string Explorer::kill(const Position &position) {
  const Event &event = position.at();
  const Image image = position.disk->cache();
  Probe probe{
      &image,          position.recorded->history, position.words_alive, std::max(event.durable, event.published),
      event.attempted, position.recorded->inode};
  probe.durable = event.durable;
  Disk start = *position.disk;
  std::string wrong = check(position, probe, false, start.limbo.empty() ? &start : nullptr);
  return wrong.empty() ? wrong : "kill: " + wrong;
}

// Crashes inside the recovery of an image and the commit that follows. Power cuts only: what is pending stays so.
std::string Explorer::crash_again(const Probe &probe, const Position &position, Disk start, std::uint64_t *shown) {
  Recording recording;
  recording.trace.start = start;
  std::string wrong = checker_->check(probe, shown, &recording);
  const std::vector<Event> &events = recording.trace.events;
  for (std::size_t event = 0; event < events.size() && wrong.empty(); ++event) {
    apply(events[event], &start);
    if (random_() % events.size() >= limits_.compound_images) continue;
    std::vector<Image> images;
    (void)combine(start, choices(start), [&](const Image &image) {
      images.push_back(image);
      return std::string();
    });
    const Image &image = images[random_() % images.size()];
    if (!distinct_.insert(hash(image)).second) continue;
    ++counts_.compound;
    const Probe second{&image,       &recording.history, position.words, events[event].durable, events[event].attempted,
                       ++next_inode_};
    std::uint64_t ignored = 0;
    wrong = checker_->check(second, &ignored, nullptr);
    if (!wrong.empty()) {
      wrong = "crash again, event " + std::to_string(event) + " (" + events[event].what + "): " + wrong;
    }
  }
  return wrong;
}

}  // namespace deltos::crash
