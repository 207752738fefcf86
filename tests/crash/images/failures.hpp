// Beyond clean crashes: barriers that fail, and damage.
#pragma once

#include "crash/images/explorer.hpp"

namespace deltos::crash {

// One recorded run with all that its exploration needs.
struct Session {
  Session(Recorder *recorder, PagePool *pool, const Script &script, std::uint64_t seed, int failing_barrier);
  ~Session();

  Recorder *recorder;
  MemoryFile file;
  Trace trace;
  std::unique_ptr<Run> run;
  int barriers = 0;
  std::string wrong;
};

// The script's run and every crash of it.
std::string explore_script(Recorder *recorder, PagePool *pool, Explorer *explorer, const Script &script,
                           std::uint64_t seed, int *barriers);
// The same run, whose `which`-th barrier fails: it must be noticed, remembered, and mended by REDIRTY alone.
std::string explore_failed_barrier(Recorder *recorder, PagePool *pool, Explorer *explorer, const Script &script,
                                   std::uint64_t seed, int which);
// The finished run's file, with a page of an earlier time in it, cut short, or with a byte of a superblock changed.
std::string explore_damage(Recorder *recorder, PagePool *pool, Checker *checker, const Script &script,
                           std::uint64_t seed, std::uint64_t *images);

}  // namespace deltos::crash
