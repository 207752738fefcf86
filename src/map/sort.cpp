#include "map/sort.hpp"

#include <algorithm>
#include <bit>
#include <queue>

namespace deltos::map {
namespace {

constexpr std::size_t kInBucket = 8;                             // records, on average
constexpr std::size_t kFewRecords = 24;                          // sorted by insertion
constexpr std::size_t kRunBytes = 64 * 1024;                     // read at a time of each run that is merged
constexpr std::size_t kAskedEvery = 4096;                        // records
constexpr std::uint64_t kLargestPiece = std::uint64_t{1} << 30;  // whose places fit in 32 bits

// Puts records that come in order into an assembly, which wants to know which of them are alone.
class Grouping {
 public:
  Grouping(RecordForm form, Assembly *to) : form_(form), to_(*to) {}
  Status take(std::uint64_t hash, const std::byte *record) {
    if (!held_.empty()) DELTOS_TRY(give(hash == hash_));
    hash_ = hash;
    held_.assign(record, record + form_.bytes(record));
    return {};
  }
  Status finish() { return held_.empty() ? Status() : give(false); }

 private:
  Status give(bool more) {
    if (!more && !several_) return to_.put(hash_, held_.data());
    DELTOS_TRY(to_.put_one_of(hash_, held_.data()));
    several_ = more;
    return more ? Status() : to_.end_of_these();
  }

  RecordForm form_;
  Assembly &to_;
  std::uint64_t hash_ = 0;
  std::vector<std::byte> held_;
  bool several_ = false;  // one with this hash has been given
};

}  // namespace

// ---- in memory

void Sorter::sort() {
  const std::byte *const data = records_.data();
  const std::size_t size = records_.size();
  std::size_t count = 0;
  for (std::size_t at = 0; at < size; at += form_.bytes(data + at)) count++;
  const auto bucket_bits = static_cast<unsigned>(std::bit_width(count / kInBucket));
  const auto bucket_of = [&](std::uint64_t hash) { return bucket_bits == 0 ? 0 : hash << bits_ >> (64 - bucket_bits); };
  ends_.assign((std::size_t{1} << bucket_bits) + 1, 0);
  for (std::size_t at = 0; at < size; at += form_.bytes(data + at)) ends_[bucket_of(form_.hash(data + at)) + 1]++;
  for (std::size_t i = 1; i < ends_.size(); ++i) ends_[i] += ends_[i - 1];
  places_.resize(count);
  for (std::size_t at = 0; at < size; at += form_.bytes(data + at)) {
    const std::uint64_t hash = form_.hash(data + at);
    places_[ends_[bucket_of(hash)]++] = {hash, static_cast<std::uint32_t>(at)};
  }
  // Each end has become that of its own bucket.
  const auto before = [](const Place &a, const Place &b) { return a.hash != b.hash ? a.hash < b.hash : a.at < b.at; };
  std::size_t begin = 0;
  for (std::size_t bucket = 0; bucket + 1 < ends_.size(); ++bucket) {
    const std::size_t end = ends_[bucket];
    if (end - begin > kFewRecords) {
      std::sort(places_.begin() + static_cast<std::ptrdiff_t>(begin),
                places_.begin() + static_cast<std::ptrdiff_t>(end), before);
    } else {
      for (std::size_t i = begin + 1; i < end; ++i) {
        const Place moved = places_[i];
        std::size_t to = i;
        for (; to > begin && moved.hash < places_[to - 1].hash; --to) places_[to] = places_[to - 1];
        places_[to] = moved;
      }
    }
    begin = end;
  }
}

Status Sorter::feed(const record::Spool &from, std::size_t stream, Assembly *to) {
  records_.clear();
  const auto bytes = static_cast<std::size_t>(from.bytes(stream));
  DELTOS_TRY(from.read(stream, 0, {records_.extend(bytes), bytes}));
  sort();
  const std::byte *const data = records_.data();
  for (std::size_t i = 0; i < places_.size();) {
    const std::uint64_t hash = places_[i].hash;
    std::size_t end = i + 1;
    while (end < places_.size() && places_[end].hash == hash) ++end;
    if (end == i + 1) {
      DELTOS_TRY(to->put(hash, data + places_[i++].at));
      continue;
    }
    for (; i < end; ++i) DELTOS_TRY(to->put_one_of(hash, data + places_[i].at));
    DELTOS_TRY(to->end_of_these());
  }
  return {};
}

// ---- larger

// One of several sorted streams, read piece by piece.
class Sorter::Run {
 public:
  Run(const record::Spool &from, std::size_t stream, RecordForm form, std::size_t bytes)
      : from_(from), stream_(stream), form_(form), buffer_(std::max(bytes, kMostRecordBytes)) {}

  // false: it is at its end.
  Result<bool> next() {
    if (begin_ < whole_) begin_ += form_.bytes(&buffer_[begin_]);
    if (begin_ == whole_) DELTOS_TRY(refill());
    if (begin_ == whole_) return false;
    hash_ = form_.hash(&buffer_[begin_]);
    return true;
  }
  std::uint64_t hash() const { return hash_; }
  const std::byte *record() const { return &buffer_[begin_]; }

 private:
  Status refill() {
    const std::size_t rest = end_ - whole_;
    std::memmove(buffer_.data(), buffer_.data() + whole_, rest);
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size() - rest, from_.bytes(stream_) - read_));
    DELTOS_TRY(from_.read(stream_, read_, MutableBytes(buffer_).subspan(rest, bytes)));
    read_ += bytes;
    begin_ = 0;
    end_ = rest + bytes;
    whole_ = form_.whole(Bytes(buffer_).first(end_));
    return {};
  }

  const record::Spool &from_;
  std::size_t stream_;
  RecordForm form_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, whole_ = 0, end_ = 0;  // up to `whole_` records lie there that are whole
  std::uint64_t read_ = 0, hash_ = 0;
};

Status Sorter::feed_large(const record::Spool &from, std::size_t stream, const Limits &limits, Assembly *to) {
  // Half of the memory for a piece and its places, a quarter for what is written, one for what is merged.
  const std::uint64_t quarter = limits.memory_bytes / 4;
  const std::uint64_t piece = std::clamp<std::uint64_t>(quarter, 2 * kMostRecordBytes, kLargestPiece);
  const record::Spool::Limits spooled{quarter, limits.directories};
  std::size_t count = static_cast<std::size_t>(from.bytes(stream) / (piece - kMostRecordBytes) + 1);
  auto runs = std::make_unique<record::Spool>(count, spooled);
  DELTOS_TRY(sort_pieces(from, stream, piece, limits, runs.get(), &count));
  const auto at_once = static_cast<std::size_t>(std::max<std::uint64_t>(quarter / kRunBytes, 2));
  while (count > at_once) {
    const std::size_t fewer = (count + at_once - 1) / at_once;
    auto longer = std::make_unique<record::Spool>(fewer, spooled);
    for (std::size_t i = 0; i < fewer; ++i) {
      DELTOS_TRY(merge(*runs, i * at_once, std::min(at_once, count - i * at_once), limits,
                       [&](std::uint64_t, const std::byte *record) {
                         return longer->append(i, {record, form_.bytes(record)});
                       }));
    }
    runs = std::move(longer);
    count = fewer;
  }
  Grouping grouping(form_, to);
  DELTOS_TRY(merge(*runs, 0, count, limits,
                   [&](std::uint64_t hash, const std::byte *record) { return grouping.take(hash, record); }));
  return grouping.finish();
}

Status Sorter::sort_pieces(const record::Spool &from, std::size_t stream, std::uint64_t piece, const Limits &limits,
                           record::Spool *to, std::size_t *count) {
  const std::uint64_t all = from.bytes(stream);
  std::size_t run = 0;
  for (std::uint64_t at = 0; at < all; ++run) {
    const auto bytes = static_cast<std::size_t>(std::min(piece, all - at));
    records_.clear();
    std::byte *const data = records_.extend(bytes);
    DELTOS_TRY(from.read(stream, at, {data, bytes}));
    const std::size_t whole = form_.whole({data, bytes});
    records_.clear();
    records_.extend(whole);
    at += whole;
    sort();
    for (const Place &place : places_)
      DELTOS_TRY(to->append(run, {records_.data() + place.at, form_.bytes(records_.data() + place.at)}));
    DELTOS_TRY(limits.ask());
  }
  *count = run;
  return to->settle();
}

Status Sorter::merge(const record::Spool &from, std::size_t first, std::size_t count, const Limits &limits,
                     const Take &take) {
  std::vector<Run> runs;
  runs.reserve(count);
  using Head = std::pair<std::uint64_t, std::size_t>;  // a hash, and the run that begins with it
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  for (std::size_t i = 0; i < count; ++i) {
    runs.emplace_back(from, first + i, form_, kRunBytes);
    DELTOS_ASSIGN(const bool some, runs[i].next());
    if (some) heads.emplace(runs[i].hash(), i);
  }
  for (std::size_t asked = 0; !heads.empty(); ++asked) {
    Run &run = runs[heads.top().second];
    const Head head = heads.top();
    heads.pop();
    DELTOS_TRY(take(head.first, run.record()));
    DELTOS_ASSIGN(const bool some, run.next());
    if (some) heads.emplace(run.hash(), head.second);
    if (asked % kAskedEvery == 0) DELTOS_TRY(limits.ask());
  }
  return {};
}

}  // namespace deltos::map
