#!/usr/bin/env bash
# Ordinary objects run on every processor of the family: no instruction with a register wider than 16 bytes in them. An inline
# function that was compiled with wider instructions and kept by the linker for everybody would be one.
# usage: ordinary_objects_test.sh ARCHIVE...
set -euo pipefail
checked=0
for archive in "$@"; do
  wide=$(objdump -d --no-show-raw-insn "$archive" | awk '
    /^[^ ].*\.o:/ { object = $1; is_wide_set = object ~ /^avx/ }
    /%[yz]mm/ && !is_wide_set { print object " " $0; }')
  [ -z "$wide" ] || { printf '%s has instructions that only some processors know:\n%s\n' "$archive" "$(head -5 <<<"$wide")" >&2; exit 1; }
  checked=$((checked + 1))
done
# The test can see what it looks for: the kernels of AVX2 are full of it.
kernels=$(printf '%s\n' "$@" | grep -m1 bf_kernels)
objdump -d --no-show-raw-insn "$kernels" | awk '/^avx2/ { here = 1 } here && /%ymm/ { found = 1 } END { exit !found }'
echo "$checked archives"
