# Sourced by ./dev: the steps of the suite `julia`.

# The tests of the package, all or those named, over one library; adds up their counts. What Julia compiles is kept in the
# build directory, not in the home of whoever runs this, and is compiled quickly rather than well; freed memory is filled. A
# Julia that is told to end may not do so.
julia_tests() { # library test...
  library=$1
  shift
  julia_log=$scratch/julia.log julia_status=0
  DELTOS_LIBRARY=$library JULIA_DEPOT_PATH=$build/julia/depot JULIA_NUM_THREADS=2 MALLOC_PERTURB_=165 \
    timeout -k 60 3000 julia -O0 --startup-file=no --project=bindings/julia/Deltos.jl \
    bindings/julia/Deltos.jl/test/runtests.jl "$@" >"$julia_log" 2>&1 || julia_status=$?
  cat "$julia_log"
  count $(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2 0/p' "$julia_log" | tail -n 1)
  return "$julia_status"
}

# Over a library with the address and undefined-behaviour sanitizers, whose run-time is loaded before Julia. Julia's own
# libraries are then found by a path; its memory is none of the leak checker's business, and its signals are its own.
julia_sanitized() (
  build_targets asan src/libdeltos.so.0.1.0 || return 1
  cc -shared -fPIC -o "$scratch/without_deepbind.so" tests/support/without_deepbind.c
  LD_LIBRARY_PATH=$(julia --startup-file=no -e 'print(abspath(Sys.BINDIR, Base.PRIVATE_LIBDIR))')
  LD_PRELOAD="$scratch/without_deepbind.so $(g++ -print-file-name=libasan.so)"
  ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0:handle_segv=0:handle_sigbus=0:allow_user_segv_handler=1:use_sigaltstack=0
  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export LD_LIBRARY_PATH LD_PRELOAD ASAN_OPTIONS UBSAN_OPTIONS
  julia_tests "$build/asan/src/libdeltos.so.0" errors elements arrays transactions attributes lifetimes threads
)
