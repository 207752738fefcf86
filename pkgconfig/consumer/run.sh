#!/bin/sh
# Builds and runs consumer.c as somebody else would: in a directory of its own, with nothing of Deltos but what
# pkg-config says. Once in C and once in C++.
#
#   run.sh DIRECTORY...    each a directory with deltos.pc, or deltos-uninstalled.pc for a library not yet installed
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/deltos-consumer-XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$here/consumer.c" "$work"
cd "$work"

run_with() { # compiler language
  echo "$1: $(pkg-config --cflags --libs "$module")"
  "$1" -x "$2" -Wall -Wextra -pedantic -Werror consumer.c -x none $(pkg-config --cflags --libs "$module") -o consumer
  rm -f squares.deltos
  LD_LIBRARY_PATH=$(pkg-config --variable=libdir "$module")${LIBRARY_PATH_MORE:+:$LIBRARY_PATH_MORE} \
    ./consumer squares.deltos
}

for directory in "$@"; do
  PKG_CONFIG_PATH=$directory
  export PKG_CONFIG_PATH
  module=deltos
  LIBRARY_PATH_MORE=$(pkg-config --libs-only-L $module | sed 's/^-L//; s/ .*//')
  pkg-config --exists --print-errors "$module = 0.1.0"
  run_with "${CC:-cc}" c
  run_with "${CXX:-c++}" c++
done
