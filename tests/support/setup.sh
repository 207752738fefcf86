# Sourced by ./dev: finds what the machine lacks, installs it where that is possible, and keeps build/venv.

# Each line: uses, how to see it is there, Debian package, Fedora package. A use of `base` is needed by everything.
needs='
base   command:c++                  g++                  gcc-c++
base   command:cc                   gcc                  gcc
base   command:readelf              binutils             binutils
base   command:ninja                ninja-build          ninja-build
base   command:pkg-config           pkg-config           pkgconf-pkg-config
base   header:xxhash.h              libxxhash-dev        xxhash-devel
base   file:/etc/ssl/certs          ca-certificates      ca-certificates
test   command:clang++              clang                clang
test   sanitizer:clang++            libclang-rt-14-dev   compiler-rt
test   library:cmocka               libcmocka-dev        libcmocka-devel
test   library:gtest                libgtest-dev         gtest-devel
test   library:gmock                libgmock-dev         gmock-devel
test   command:strace               strace               strace
test   command:abidiff              abigail-tools        libabigail
test   command:mkfs.ext4            e2fsprogs            e2fsprogs
test   command:mkfs.xfs             xfsprogs             xfsprogs
test   command:mkfs.btrfs           btrfs-progs          btrfs-progs
bench  library:lmdb                 liblmdb-dev          lmdb-devel
bench  library:hdf5                 libhdf5-dev          hdf5-devel
lint   command:clang-format         clang-format         clang-tools-extra
lint   command:clang-tidy           clang-tidy           clang-tools-extra
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
  if [ "$(id -u)" -eq 0 ] && grep -qs '^ID=debian' /etc/os-release; then
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

apt_try() {
  apt-get install -y --no-install-recommends "$@" </dev/null
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
}
