#!/bin/sh
# Builds and runs consumer.c and consumer.cpp as somebody else would: in a directory of their own, with nothing of Deltos
# but what pkg-config says. The first once in C and once in C++, the second, which reads what the first wrote, in C++17.
#
#   run.sh DIRECTORY...    each a directory with deltos.pc, or deltos-uninstalled.pc for a library not yet installed
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/deltos-consumer-XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$here/consumer.c" "$here/consumer.cpp" "$work"
cd "$work"

run_with() { # compiler source options...
  compiler=$1
  source=$2
  shift 2
  echo "$compiler $*: $(pkg-config --cflags --libs "$module")"
  "$compiler" "$@" -Wall -Wextra -pedantic -Werror "$source" -x none $(pkg-config --cflags --libs "$module") -o consumer
  LD_LIBRARY_PATH=$(pkg-config --variable=libdir "$module")${LIBRARY_PATH_MORE:+:$LIBRARY_PATH_MORE} \
    ./consumer squares.deltos
}

for directory in "$@"; do
  PKG_CONFIG_PATH=$directory
  export PKG_CONFIG_PATH
  module=deltos
  LIBRARY_PATH_MORE=$(pkg-config --libs-only-L $module | sed 's/^-L//; s/ .*//')
  pkg-config --exists --print-errors "$module = 0.1.0"
  rm -f squares.deltos
  run_with "${CC:-cc}" consumer.c -x c
  rm -f squares.deltos
  run_with "${CXX:-c++}" consumer.c -x c++
  run_with "${CXX:-c++}" consumer.cpp -std=c++17
done
