# Sourced by ./dev: the steps of the suite `rust`. Each prints what it does and fails when something is wrong. What not
# every Cargo brings (rustfmt, clippy) is skipped when it is missing, and says so.

rust_features=deltos/ndarray,deltos/bytemuck,deltos/half,deltos/serde,deltos/derive

# Cargo on the workspace; rust_target is where it builds when that is not build/rust. What a debugger and the next small
# change would like costs a third of the time.
in_rust() { # argument...
  (
    cd bindings/rust
    export CARGO_TERM_COLOR=never CARGO_TARGET_DIR="${rust_target-$build/rust}" CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0
    cargo "$@"
  )
}

# The lock file is made here and kept out of the repository: a library takes what its users resolve.
fetch_crates() {
  for pause in 2 10 0; do
    if in_rust fetch; then return 0; fi
    sleep "$pause"
  done
  return 1
}

# `cargo test`, with the counts of all its test programs added up.
rust_test() { # argument...
  tests_log=$scratch/cargo-test.log tests_status=0
  in_rust test --locked --no-fail-fast "$@" >"$tests_log" 2>&1 || tests_status=$?
  cat "$tests_log"
  count $(sed -n 's/^test result: .* \([0-9]*\) passed; \([0-9]*\) failed; \([0-9]*\) ignored.*/\1 \2 \3/p' "$tests_log" |
    awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
  return "$tests_status"
}

# Everything, with the documentation's examples and the programs in it that must not compile. Where rustdoc can make one
# program of all examples that can be together, it does: it has 2024 as its edition then.
rust_installed() (
  if rustc --edition=2024 --print=sysroot >/dev/null 2>&1; then
    export RUSTDOC="$root/tests/support/rustdoc_together.sh"
  fi
  export PKG_CONFIG_PATH="$build/stage/lib/pkgconfig" LD_LIBRARY_PATH="$build/stage/lib"
  rust_test --workspace --features "$rust_features"
)

# The same test programs of deltos, and the conformance corpus, over a library with the address and undefined-behaviour
# sanitizers, whose run-time must be loaded before the program. One test forgets handles on purpose and is left out: the
# leak checker would find them.
rust_sanitized() (
  build_targets asan src/libdeltos.so.0.1.0 || return 1
  host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
  export "CARGO_TARGET_${host}_RUNNER=$root/tests/support/run_sanitized.sh" DELTOS_SANITIZED="$build/asan/src"
  export PKG_CONFIG_PATH="$build/stage/lib/pkgconfig" LD_LIBRARY_PATH="$build/stage/lib"
  export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:allow_user_segv_handler=1
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  # Frames are larger so, and values are compared 512 deep; threads of Rust have 2 MiB unless told otherwise.
  export RUST_MIN_STACK=16777216
  status=0
  rust_test --package deltos --features "$rust_features" --lib --tests -- --skip what_is_forgotten || status=1
  in_rust run --quiet --locked --package deltos-conformance -- run "$root"/tests/conformance/corpus/*.json \
    >"$scratch/corpus.log" 2>&1 || status=1
  cat "$scratch/corpus.log"
  count $(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2 0/p' "$scratch/corpus.log")
  return "$status"
)

# The C++ sources compiled by Cargo, where no library is installed. They are the same that other suites optimize, and
# need not be compiled again where that can be remembered.
rust_vendored() (
  export PKG_CONFIG_LIBDIR=/nonexistent CXXFLAGS=-O0
  if command -v ccache >/dev/null; then export CXX='ccache g++' CCACHE_BASEDIR="$root"; fi
  rust_test --package deltos --features vendored --test callbacks --test lifetimes --test views
)

# What would be published has the sources of the library in it.
rust_packaged() {
  in_rust package --locked --allow-dirty --list --package deltos-sys >"$scratch/packaged"
  for file in build.rs src/bindings.rs vendor/include/deltos/deltos.h vendor/src/meson.build vendor/src/capi/storage.cpp; do
    grep -qx "$file" "$scratch/packaged" || { echo "the package deltos-sys lacks $file"; return 1; }
  done
  count 1 0 0
}

# Documentation is made where there is no library, and nothing in it is amiss.
rust_documented() (
  export DOCS_RS=1 PKG_CONFIG_LIBDIR=/nonexistent RUSTDOCFLAGS='-D warnings'
  rust_target=$build/rust-checked
  in_rust doc --locked --no-deps --package deltos-sys --package deltos --features "$rust_features" && count 1 0 0
)

# Clippy links nothing either, and so can do with what the documentation was made from.
rust_laid_out() (
  export DOCS_RS=1 PKG_CONFIG_LIBDIR=/nonexistent
  rust_target=$build/rust-checked
  status=0
  if in_rust fmt --version; then
    in_rust fmt --all --check || status=1
  else
    echo 'rustfmt is not there: the layout is not checked' && count 0 0 1
  fi
  if in_rust clippy --version; then
    in_rust clippy --locked --workspace --all-targets --features "$rust_features" -- -D warnings || status=1
  else
    echo 'clippy is not there: it is not asked' && count 0 0 1
  fi
  return "$status"
)
