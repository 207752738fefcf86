// The fixed workloads: every pair of kinds of operations follows one another somewhere, with every durability, and most
// of them in a file so short of space that blocks are used again as soon as the rules allow.
#include "crash/images/workload.hpp"

namespace deltos::crash {
namespace {

constexpr std::uint64_t kTight = 224, kMedium = 272, kRoomy = 464, kWide = 800;

}  // namespace

const std::vector<Script> &scripts() {
  static const std::vector<Script> all = {
      {"create and create", "cCS cCS CCL cA CS", kMedium},
      {"create and replace", "CCS rCS rL rrA rS y rS", kTight},
      {"create and delete", "CCS dCS dCS dCL dCL dCS dCA dCS", kTight},
      {"create and rename", "cCS nCS NL cnA nS", kMedium},
      {"create and seal", "cCS sS sCL sA cS sS", kMedium},
      {"create and unseal", "cCS ssS uS uCL sA uS", kMedium},
      {"create and metadata", "ctS mCS MmL MA kS MS", kMedium},
      {"create and in place", "cCS i i CS i y i cA i S", kMedium},
      {"create and abort", "CcS CcX CrX rS CCX rL dX rS", kTight},
      {"replace and delete", "CCCS rdS rL dA rCS rdS CrS", kTight},
      {"replace and seal", "cCS srS rsL qS sA rS qS", kMedium},
      {"replace and in place", "CCS i qS i rL i qA i y qS", kTight},
      {"replace and metadata", "CtS rMS rML MA rkS rmS", kMedium},
      {"delete and metadata", "CcMS mdS MtL dS CMS dA kS", kMedium},
      {"delete and seal", "CCcS ssS dS sL dCA udS CS", kTight},
      {"rename and metadata", "CcS nmS NML nA MS nkS", kMedium},
      {"spilled metadata and small ones", "CMS MS MML mA MS kMS kS", kMedium},
      {"a LAZY one and ASYNC ones behind it", "CCS rL rA rA rA rA rA rS", kTight},
      {"only LAZY", "CCL rL rL rdL CL rL rL y rL", kTight},
      {"only ASYNC", "CCA rA rA rdA CA rA rA y rA", kTight},
      {"every durability in turn", "CCS rA rL rS rA rA rL rA rS", kTight},
      {"open again", "CCS rL o rA o rS j rA j rL o", kTight},
      {"views and snapshots held", "CCS p rS rS e rS b rS f rS rS", kMedium},
      {"growing", "CS BS BL GS BA sS dS zS", 0},
      {"giving space back", "GCS zS D S rS rS rS rS rS DS zS rS CS GS", 0},
      {"sums in an extent of their own", "BS sS uL rS sA dS", kRoomy},
      {"a tall catalogue", "CmmmmmS CCmmmmmS mmmmA mmmA y mA rmA mA mS mkA mA dS", kRoomy},
      {"arrays", "aS H h v gL gX h A o h S", kWide},
      {"arrays that are given back", "aS H v w CS w H BL S w BS", kWide},
      {"arrays that take the place of one another", "aS H v w aA h aA H S", kMedium},
      {"arrays that come and go", "aS agX gdX gaA dgS nmS j h dS CS", kWide},
      {"zeroed again and again", "CCCCS DDDzS rS zzzS dzL zzS DzA zzS dzS rzS", kTight},
  };
  return all;
}

Script random_script(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  static const std::string operations = "cccCCCCzrrrrqddnNssumMtk", endings = "SSSSLLAAX", others = "iiiyoojpbef";
  static const std::string with_arrays = "ccCCCzrrqddnNsumMagggg", others_with_arrays = "iyoojpbefhhhHHwwv";
  Script script;
  script.name = "random " + std::to_string(seed);
  script.max_blocks = random() % 4 == 0 ? 0 : kTight + random() % 64;
  script.words = "CcS";
  const bool arrays = random() % 8 == 0;
  if (arrays) script.words = "CacS", script.max_blocks = kWide;
  for (std::uint64_t i = 0, count = 6 + random() % 6; i < count; ++i) {
    script.words += ' ';
    if (random() % 3 == 0) {
      const std::string &choice = arrays ? others_with_arrays : others;
      script.words += choice[random() % choice.size()];
      continue;
    }
    for (std::uint64_t k = 0, many = 1 + random() % 3; k < many; ++k)
      script.words += arrays ? with_arrays[random() % with_arrays.size()] : operations[random() % operations.size()];
    script.words += endings[random() % endings.size()];
  }
  return script;
}

}  // namespace deltos::crash
