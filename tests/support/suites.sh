# Sourced by ./dev: the suites of `./dev test`. A suite is one line of `suites` and one function suite_NAME (hyphens
# become underscores) that prints what it does and returns 0, or calls `skip REASON`, or returns anything else. Counts
# of cases, where a tool gives them, go through `count`. Suites start in this order, and two run at a time: those with a
# tree, or programs, in common stand apart.

suites='
asan           core and capi under the address and undefined-behaviour sanitizers
abi            layers, guards, symbols, headers alone, soname, dependencies, dlopen
core           unit tests of every layer
capi           the C interface and deltos.hpp, through the shared library
fuzz           hostile values, records, hash maps, schemas and JSON texts, made by libFuzzer under the sanitizers; 60 s a target, with --long 30 min
crash          models, crash images, failing calls, kills, full disks, damaged files
tsan           whatever starts threads, under the thread sanitizer
rust           the Rust crates: installed, sanitized and compiled library; rustfmt, clippy, documentation
python         the wheel, installed into a clean environment
julia          the Julia package, over the installed and a sanitized library
python-asan    the Python package over a sanitized library
conformance    the corpus in every language, and the storage that each writes read by all
docs           links and examples in the papers and headers
dlopen         programs in Node, Lua and Go that load the library themselves
consumer       a C program outside the tree, with pkg-config against the installed library
meson-compat   configures with the oldest Meson that is supported
'

all_suites=$(printf '%s\n' "$suites" | awk 'NF { print $1 }' | tr '\n' ' ')

is_suite() { case " $all_suites" in *" $1 "*) ;; *) return 1 ;; esac; }

describe_suite() { printf '%s\n' "$suites" | sed -n "s/^$1  *//p"; }

skip() { # reason
  echo "$1" >"$reason_file"
  exit 77
}

count() { # passed failed skipped
  echo "$*" >>"$count_file"
}

# Builds what is needed of one tree and runs some of its Meson suites, with the tree to itself.
meson_suites() { # build suite...
  locked "$1" meson_suites_alone "$@"
}

meson_suites_alone() {
  tree=$1
  shift
  configure "$tree"
  report=$build/$tree/meson-logs/testlog.junit.xml
  rm -f "$report"
  selection=
  for name in "$@"; do selection="$selection --suite $name"; done
  status=0
  "$venv/bin/meson" test -C "$build/$tree" --print-errorlogs --num-processes "$(nproc)" \
    --timeout-multiplier "$(if [ -n "${DELTOS_LONG-}" ]; then echo 20; else echo 2; fi)" $selection || status=$?
  count $("$venv/bin/python" tests/support/count_cases.py "$report")
  return "$status"
}

suite_abi() { meson_suites debug abi; }
suite_core() { meson_suites debug core; }
suite_capi() { meson_suites debug capi hpp; }
suite_crash() { meson_suites debug crash; }

suite_asan() {
  ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:allow_user_segv_handler=1
  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export ASAN_OPTIONS UBSAN_OPTIONS
  meson_suites asan core capi hpp
}

# What was found to reach new code is kept in build/corpus and is where the next run begins.
suite_fuzz() {
  build_targets fuzz fuzz_programs
  ASAN_OPTIONS=allow_user_segv_handler=1
  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export ASAN_OPTIONS UBSAN_OPTIONS
  passed=0 failed=0 seconds=60
  if [ -n "${DELTOS_LONG-}" ]; then seconds=1800; fi
  for program in "$build"/fuzz/tests/fuzz/fuzz_*; do
    if [ ! -f "$program" ] || [ ! -x "$program" ]; then continue; fi
    name=${program##*/fuzz_}
    corpus=$build/corpus/$name
    mkdir -p "$corpus" "$scratch/$name"
    "$program" --seeds="$scratch/$name"
    if "$program" -max_total_time="$seconds" -max_len=4096 -timeout=120 -rss_limit_mb=4096 \
      -artifact_prefix="$logs/fuzz-$name-" -print_final_stats=1 "$corpus" "$scratch/$name"; then
      passed=$((passed + 1))
    else
      echo "fuzz_$name: the input is in build/logs/fuzz-$name-*"
      failed=$((failed + 1))
    fi
  done
  count "$passed" "$failed" 0
  [ "$passed" -gt 0 ] && [ "$failed" -eq 0 ]
}

suite_tsan() {
  TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:die_after_fork=0:suppressions=$root/tests/support/tsan.supp
  export TSAN_OPTIONS
  meson_suites tsan threads
}

suite_python() {
  once build_python
  report=$scratch/pytest.xml
  status=0
  DELTOS_SOURCE=$root DELTOS_WHEEL=$(echo "$build"/wheel/*.whl) timeout 3000 \
    "$build/venv-package/bin/python" -m pytest -q --junit-xml="$report" bindings/python/tests || status=$?
  count $("$venv/bin/python" tests/support/count_cases.py "$report")
  return "$status"
}

suite_python_asan() {
  once build_python
  build_targets asan python_package
  report=$scratch/pytest.xml
  status=0
  PYTHONPATH=$build/asan/bindings/python LD_PRELOAD=$(g++ -print-file-name=libasan.so) \
    ASAN_OPTIONS=detect_leaks=0:allow_user_segv_handler=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 timeout 3000 \
    "$build/venv-package/bin/python" -m pytest -q --junit-xml="$report" -m 'not install' \
    --ignore=bindings/python/tests/test_raw.py --ignore=bindings/python/tests/test_generated.py bindings/python/tests || status=$?
  count $("$venv/bin/python" tests/support/count_cases.py "$report")
  return "$status"
}

# The Rust workspace against the installed library, then what Cargo makes of it elsewhere: tests/support/rust.sh.
suite_rust() {
  wish rust || skip "$wish_reason"
  fetch_crates || skip 'cargo is there, but could not fetch the crates of bindings/rust'
  once build_stage
  status=0
  for step in installed sanitized vendored packaged documented laid_out; do
    echo "---- $step"
    "rust_$step" || { echo "rust_$step failed"; status=1; }
  done
  return "$status"
}

# The Julia package over the installed library, and most of it over a sanitized one: tests/support/julia.sh.
suite_julia() {
  install_julia || skip "$julia_reason"
  hold programs
  once build_stage
  status=0
  julia_tests "$build/stage/lib/libdeltos.so.0" || status=1
  julia_sanitized || status=1
  return "$status"
}

# A command of DELTOS_PROGRAMS, or the reason why there is none.
program_of() { # language command...
  language=$1
  shift
  printf '"%s": ' "$language"
  if [ -n "$language_reason" ]; then
    echo "$language_reason" >&2
    printf '"%s"' "$language_reason"
  else
    printf '["%s"]' "$(echo "$*" | sed 's/ /", "/g')"
  fi
}

suite_dlopen() {
  hold programs
  once build_stage
  once build_python
  programs=
  for language in node lua go; do
    language_reason=
    case $language in
      node) command="node $build/node/{}.mjs" asked=fetch_node made=true ;;
      lua) command="luajit $root/bindings/lua/{}.lua" asked='wish lua' made=true ;;
      go) command="$build/go/{}" asked=fetch_go made=build_go ;;
    esac
    if $asked; then $made; else language_reason=$wish_reason; fi
    programs="$programs${programs:+, }$(program_of "$language" "$command")"
  done
  report=$scratch/pytest.xml
  status=0
  DELTOS_LIBRARY=$build/stage/lib/libdeltos.so.0 DELTOS_PROGRAMS="{$programs}" \
    "$build/venv-package/bin/python" -m pytest -q -rs --junit-xml="$report" tests/dlopen || status=$?
  count $("$venv/bin/python" tests/support/count_cases.py "$report")
  return "$status"
}

# What a language lacks is said to the matrix, which skips it loudly and runs the others. What suites before this one built
# is not built again.
suite_conformance() {
  hold programs
  once build_stage
  once build_python
  build_targets debug tests/conformance/runners/c/runner tests/conformance/runners/cpp/runner
  set -- --build "$build"
  if wish rust && wish_reason='cargo could not fetch the crates of bindings/rust' && fetch_crates; then
    PKG_CONFIG_PATH=$build/stage/lib/pkgconfig in_rust build --release --locked --package deltos-conformance
  else
    set -- "$@" --absent "Rust=$wish_reason"
  fi
  install_julia || set -- "$@" --absent "Julia=$julia_reason"
  if fetch_node; then :; else set -- "$@" --absent "Node=$wish_reason"; fi
  if wish lua; then :; else set -- "$@" --absent "Lua=$wish_reason"; fi
  if fetch_go; then build_go; else set -- "$@" --absent "Go=$wish_reason"; fi
  status=0
  JULIA_DEPOT_PATH=$build/julia/depot "$build/venv-package/bin/python" tests/conformance/matrix.py --counts "$count_file" "$@" || status=$?
  report=$scratch/pytest.xml
  "$build/venv-package/bin/python" -m pytest -q --junit-xml="$report" tests/conformance || status=$?
  count $("$venv/bin/python" tests/support/count_cases.py "$report")
  return "$status"
}

suite_consumer() {
  once build_stage
  pkgconfig/consumer/run.sh "$build/stage/lib/pkgconfig" "$build/release/meson-uninstalled"
}

suite_meson_compat() {
  oldest=$(sed -n "s/.*meson_version: '>=\(.*\)'.*/\1/p" meson.build)
  old=$build/venv-meson-$oldest
  if [ ! -x "$old/bin/meson" ]; then
    "$venv/bin/python" -m venv "$old"
    "$old/bin/pip" install --disable-pip-version-check "meson==$oldest"
  fi
  "$old/bin/meson" setup "$scratch/tree"
  "$old/bin/meson" introspect "$scratch/tree" --targets >"$scratch/targets.json"
  grep -q 'libdeltos\.so' "$scratch/targets.json"
}

suite_docs() {
  once build_stage
  once build_python
  "$venv/bin/python" tests/docs/check_docs.py --stage "$build/stage" --python "$build/venv-package/bin/python" .
}
