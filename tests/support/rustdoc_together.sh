#!/bin/sh
# rustdoc as of edition 2024 for the crate deltos, whose examples it makes one program of then; as it is for the others,
# which are not written in that edition.
case " $* " in
  *' --crate-name deltos '*) ;;
  *) exec rustdoc "$@" ;;
esac
for argument; do
  shift
  case $argument in --edition=*) argument=--edition=2024 ;; esac
  set -- "$@" "$argument"
done
exec rustdoc "$@"
