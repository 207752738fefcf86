# Sourced by ./dev: runs suites, two at a time, keeps their output in build/logs and closes with the one line that tells
# how many cases passed, failed and were skipped. What two suites may not do at once they do through `once`, `locked` and
# `hold`; `run` is a directory that lives as long as the run does.

show_failure() { # name
  echo "---- the end of build/logs/$1.log"
  tail -n 40 "$logs/$1.log"
  echo "----"
  exit 1
}

# Runs a function whose output only matters when it fails. Not written as `function || show_failure`: the shell ignores
# `set -e` inside of that, and the function would go on after a failed command.
quietly() { # name function
  set +e
  (
    set -e
    "$2"
  ) >"$logs/$1.log" 2>&1 </dev/null
  code=$?
  set -e
  [ "$code" -eq 0 ] || show_failure "$1"
}

# Makes what several suites need, in the first of them; the others wait for it.
once() { # function
  (
    flock 9
    if [ -e "$run/$1.made" ]; then exit 0; fi
    "$1" 9>&-
    : >"$run/$1.made"
  ) 9>"$run/$1.lock"
}

# Runs a command while no other suite runs one under the same name.
locked() { # name command...
  lock=$run/$1.lock
  shift
  (
    flock 9
    "$@" 9>&-
  ) 9>"$lock"
}

# Keeps other suites that hold the same name waiting until this one has ended.
hold() { # name
  exec 8>"$run/$1.lock"
  flock 8
}

# Reads the counts that a suite left; a suite that counts nothing is one case, and one that failed has a failed case.
add_counts() { # exit code
  suite_passed=0 suite_failed=0 suite_skipped=0
  while read -r p f s; do
    suite_passed=$((suite_passed + p)) suite_failed=$((suite_failed + f)) suite_skipped=$((suite_skipped + s))
  done <"$count_file"
  case $1 in
    0) [ $((suite_passed + suite_failed + suite_skipped)) -gt 0 ] || suite_passed=1 ;;
    77) suite_skipped=$((suite_skipped + 1)) ;;
    *) [ "$suite_failed" -gt 0 ] || suite_failed=1 ;;
  esac
}

run_suite() { # suite
  log=$logs/$1.log
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/deltos-$1-XXXXXX")
  count_file=$scratch/counts reason_file=$scratch/reason
  : >"$count_file"
  began=$(date +%s)
  set +e
  (
    set -e
    "suite_$(echo "$1" | tr - _)"
  ) >"$log" 2>&1 </dev/null
  code=$?
  set -e
  add_counts "$code"
  case $code in
    0) verdict=ok ;;
    77) verdict="skipped ($(cat "$reason_file"))" ;;
    *) verdict=FAILED ;;
  esac
  printf '%-13s %-8s %4d s   %d passed, %d failed, %d skipped\n' \
    "$1" "$verdict" $(($(date +%s) - began)) "$suite_passed" "$suite_failed" "$suite_skipped" >"$run/$1.line"
  echo "$suite_passed $suite_failed $suite_skipped" >"$run/$1.counts"
  locked output tell_suite "$1"
  rm -rf "$scratch"
}

tell_suite() { # suite
  cat "$run/$1.line"
  if [ "$verdict" = FAILED ]; then
    echo "---- the end of build/logs/$1.log"
    tail -n 60 "$log"
    echo "----"
  fi
}

next_suite() {
  head -n 1 "$run/waiting"
  sed -i 1d "$run/waiting"
}

run_lane() {
  while suite=$(locked waiting next_suite) && [ -n "$suite" ]; do run_suite "$suite"; done
}

# Most suites use one core for much of their time. The second lane runs in the background, where it would not hear of an
# interrupt.
run_suites() { # suite...
  run=$(mktemp -d "${TMPDIR:-/tmp}/deltos-run-XXXXXX")
  trap 'trap "" TERM; rm -rf "$run"; kill 0; exit 130' INT
  printf '%s\n' "$@" >"$run/waiting"
  other_lane=
  if [ "$(nproc)" -gt 1 ]; then
    run_lane &
    other_lane=$!
  fi
  run_lane
  [ -z "$other_lane" ] || wait "$other_lane"
  printf '\nSummary\n'
  for suite in "$@"; do cat "$run/$suite.line"; done
  set -- $(for suite in "$@"; do cat "$run/$suite.counts"; done | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
  rm -rf "$run"
  printf '\n%d passed, %d failed, %d skipped\n' "$@"
  [ "$2" -eq 0 ]
}
