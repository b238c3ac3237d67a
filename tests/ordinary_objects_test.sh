#!/usr/bin/env bash
# Ordinary objects run on every processor of the family: no instruction of AVX in them (their names begin with v). And the
# objects of the wide sets define nothing that the linker could keep for everybody, as inline functions of headers are.
# usage: ordinary_objects_test.sh ARCHIVE...
set -euo pipefail
checked=0
for archive in "$@"; do
  wide=$(objdump -d --no-show-raw-insn "$archive" | awk '
    /^[^ ].*\.o:/ { object = $1; is_wide_set = object ~ /^(avx|amx)/ }
    (/%[yzt]mm/ || /:\tv[a-z]/) && !/\tver[rw]/ && !is_wide_set { print object " " $0; }')
  [ -z "$wide" ] || { printf '%s has instructions that only some processors know:\n%s\n' "$archive" "$(head -5 <<<"$wide")" >&2; exit 1; }
  checked=$((checked + 1))
done
for archive in "$@"; do
  shared=$(nm -C "$archive" 2>/dev/null | awk '
    /\.o:$/ { wide = $1 ~ /^(avx|amx)/ }
    wide && $2 ~ /^[WVu]$/ && !/byteformer::kernels::a[vm]x/ && !/DW\.ref\./ { print }')
  [ -z "$shared" ] || { printf '%s: wide objects define for everybody:\n%s\n' "$archive" "$(head -5 <<<"$shared")" >&2; exit 1; }
done
# The test can see what it looks for: the kernels of AVX2 are full of it.
kernels=$(printf '%s\n' "$@" | grep -m1 bf_kernels)
objdump -d --no-show-raw-insn "$kernels" | awk '/^avx2/ { here = 1 } here && /%ymm/ { found = 1 } END { exit !found }'
echo "$checked archives"
