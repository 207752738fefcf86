#!/bin/sh
# Runs a program that is linked with an installed libdeltos over the sanitized one in DELTOS_SANITIZED instead: the same
# programs serve both. Refuses to run it over any other.
LD_LIBRARY_PATH=$DELTOS_SANITIZED
export LD_LIBRARY_PATH
if ldd "$1" | grep 'libdeltos\.so' | grep -Fv "=> $DELTOS_SANITIZED/"; then
  echo "$1 would not load the library in $DELTOS_SANITIZED" >&2
  exit 1
fi
LD_PRELOAD=$(g++ -print-file-name=libasan.so) exec "$@"
