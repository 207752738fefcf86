# Sourced by ./dev: runs suites one after another, keeps their output in build/logs and closes with the one line that
# tells how many cases passed, failed and were skipped.

passed=0
failed=0
skipped=0

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

# Adds the counts that a suite left; a suite that counts nothing is one case, and one that failed has a failed case.
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
  passed=$((passed + suite_passed)) failed=$((failed + suite_failed)) skipped=$((skipped + suite_skipped))
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
  line=$(printf '%-13s %-8s %4d s   %d passed, %d failed, %d skipped' \
    "$1" "$verdict" $(($(date +%s) - began)) "$suite_passed" "$suite_failed" "$suite_skipped")
  echo "$line"
  summary="$summary$line
"
  if [ "$verdict" = FAILED ]; then
    echo "---- the end of build/logs/$1.log"
    tail -n 60 "$log"
    echo "----"
  fi
  rm -rf "$scratch"
}

run_suites() { # suite...
  summary=
  for suite in "$@"; do run_suite "$suite"; done
  printf '\nSummary\n%s\n%d passed, %d failed, %d skipped\n' "$summary" "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ]
}
