#!/bin/sh
# Makes assets/text/ anew: how names are folded and read. The same sources give the same bytes.
# Needs Node 20 or newer, npm, and the npm registry; cargo needs none of them.
set -eu
cd "$(dirname "$0")"
out=../../assets/text

npm ci --no-audit --no-fund --ignore-scripts
mkdir -p dist
node build.mjs

rm -rf "$out"
mkdir -p "$out"
for file in dist/*.txt; do
  gzip -9 -n -c "$file" > "$out/${file#dist/}.gz"
done
cd "$out"
LC_ALL=C sha256sum -- *.gz | LC_ALL=C sort -k 2 > SHA256SUMS
wc -c -- *.gz
