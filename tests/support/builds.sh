# Sourced by ./dev: the build directories, each configured once and built when asked for.
#   debug    assertions: core, capi, crash          asan    address and undefined-behaviour sanitizers
#   release  installed into build/stage             tsan    thread sanitizer
#   fuzz     clang, sanitizers and libFuzzer
# All but debug compile many files at a time, which takes a third of the time; debug shows that each compiles by itself.

options_of() { # build
  case $1 in
    debug) echo '--werror -Doptimization=1' ;;
    asan) echo '--unity=on -Dunity_size=12 -Doptimization=g -Dcpp_args=-g1 -Db_sanitize=address,undefined -Db_lundef=false -Dpython=enabled' ;;
    tsan) echo '--unity=on -Dunity_size=12 -Doptimization=1 -Dcpp_args=-g1 -Db_sanitize=thread -Db_lundef=false' ;;
    fuzz) echo '--unity=on -Dunity_size=12 -Doptimization=1 -Dcpp_args=-g1 -Db_sanitize=address,undefined -Db_lundef=false -Dtests=disabled -Dfuzz=enabled' ;;
    release) echo "--unity=on -Dunity_size=12 --buildtype=release -Dstrip=false -Dtests=disabled --prefix=$build/stage --libdir=lib" ;;
  esac
}

configure() { # build
  wanted_options=$(options_of "$1")
  if [ "$(cat "$build/$1/made-with" 2>/dev/null)" = "$wanted_options" ]; then return 0; fi
  rm -rf "${build:?}/$1"
  case $1 in fuzz) compilers='CC=clang CXX=clang++' ;; *) compilers='CC=gcc CXX=g++' ;; esac
  env PATH="$venv/bin:$PATH" $compilers "$venv/bin/meson" setup "$build/$1" $(options_of "$1")
  printf '%s\n' "$wanted_options" >"$build/$1/made-with"
}

# While no other suite builds in the same tree.
build_targets() { # build target...
  locked "$1" build_targets_alone "$@"
}

build_targets_alone() {
  configure "$1"
  tree=$build/$1
  shift
  "$venv/bin/ninja" -C "$tree" "$@"
}

build_tree() { # build
  configure "$1"
  "$venv/bin/meson" compile -C "$build/$1"
}

build_stage() {
  build_tree release
  "$venv/bin/meson" install -C "$build/release" --no-rebuild --quiet
}

# The wheel as a user gets it, installed into an environment of its own with what the tests need beside it.
build_python() {
  rm -rf "$build/wheel"
  PATH=$venv/bin:$PATH "$venv/bin/pip" wheel --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$build/wheel" \
    --config-settings=build-dir="$build/wheel-tree" .
  if [ "$(cat "$build/venv-package/made-of" 2>/dev/null)" != "$(cat "$venv/made-of")" ]; then
    rm -rf "$build/venv-package"
    "$venv/bin/python" -m venv "$build/venv-package"
    "$build/venv-package/bin/pip" install --disable-pip-version-check -r tests/requirements.txt
    cp "$venv/made-of" "$build/venv-package/made-of"
  fi
  "$build/venv-package/bin/pip" install --disable-pip-version-check --no-deps --force-reinstall "$build"/wheel/*.whl
}

# The programs in languages that load the library with dlopen, each in build/NAME. What cannot be fetched is said in
# $wish_reason.
fetch_node() {
  wish_node || return 1
  mkdir -p "$build/node" && cp bindings/node/* "$build/node/" || return 1
  if cmp -s "$build/node/package.json" "$build/node/made-of"; then return 0; fi
  # Node trusts what the system trusts only when it is told to.
  (
    cd "$build/node"
    NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt} npm install --no-audit --no-fund --no-package-lock
  ) && cp "$build/node/package.json" "$build/node/made-of" && return 0
  wish_reason='node is there, but npm could not install koffi'
  return 1
}

fetch_go() {
  wish go || return 1
  wish_reason='go is there, but could not download purego'
  (cd bindings/go && go mod download)
}

build_go() {
  mkdir -p "$build/go"
  (cd bindings/go && CGO_ENABLED=0 go build -o "$build/go/" ./geonames ./golden)
}

# The Rust process of the demo, and that of the benchmarks, against the installed library.
build_rust_programs() {
  (cd bindings/rust && CARGO_TARGET_DIR="$build/rust" PKG_CONFIG_PATH="$build/stage/lib/pkgconfig" \
    cargo build --release --package deltos --example reader --example language)
}
