// Builds the image of a hash map from columns of pairs, in bounded memory: what goes beyond it waits in temporary
// files.
//
// Pairs are checked before any of them is kept. Each becomes an entry, which goes to a partition by the first bits of
// its hash (partition.hpp); what is long goes to the area, in the order of adding. Preparing sorts one partition after
// the other (sort.hpp), several at a time, and makes lines and entries of it (assembly.hpp), which are put together in
// the order of hashes, so that the image does not depend on threads or memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "map/image.hpp"
#include "record/builder.hpp"

namespace deltos::map {

class Reader;

// The numbers are those of DELTOS_DUPLICATE_*.
enum class Duplicates : std::uint8_t { error, first, last };

constexpr std::uint64_t kDefaultBuildMemory = std::uint64_t{256} << 20;
constexpr std::uint64_t kLeastBuildMemory = std::uint64_t{1} << 20;
constexpr unsigned kMostThreads = 16;

struct BuildOptions {
  Kinds kinds;
  Duplicates duplicates = Duplicates::error;  // of a simple map
  bool deduplicate = false;                   // values that are no words
  unsigned threads = 0;                       // that sort; 0: as many as there are processors, at most kMostThreads
  std::uint64_t memory_bytes = 0;             // 0: kDefaultBuildMemory
  std::vector<std::string> spill_directories = {"/tmp"};  // the first that takes a file
  record::SchemaPtr schema;                               // of records
  record::Progress progress;                              // asked on the calling thread; bytes
  std::optional<std::uint64_t> seed;                      // else a random one
};

class Builder {
 public:
  explicit Builder(BuildOptions options);
  ~Builder();

  const Kinds &kinds() const;
  const record::SchemaPtr &schema() const;
  // All pairs or none. invalid, type, range, limit, cancelled, and what is said of a value that is none; after io,
  // no_space or no_memory nothing more can be added. record: values are rows of the schema.
  Status add(const record::Column &keys, const record::Column &values);
  Status add_records(const record::Column &keys, const record::GivenRows &rows);
  // After a failure nothing more can be added. type: kinds or schema are others, or the map is approximate.
  Status add_map(const Reader &map);
  // Ends the map and tells the size of its image. Repeatable, also after it was cancelled. duplicate, limit, cancelled,
  // io, no_space.
  Result<std::uint64_t> prepare();
  // The whole image, in order. After prepare(); repeatable.
  Status write(const record::Sink &sink) const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace deltos::map
