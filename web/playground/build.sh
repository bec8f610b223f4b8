#!/bin/sh
# Builds the playground and writes assets/playground/ anew; the same sources give the same bytes.
# Needs Node 20.19 or newer, npm, and the npm registry.
set -eu
cd "$(dirname "$0")"
out=../../assets/playground

npm ci --no-audit --no-fund --ignore-scripts
npx --no-install vite build

rm -rf "$out"
mkdir -p "$out"
for file in dist/*; do
  gzip -9 -n -c "$file" > "$out/${file#dist/}.gz"
done
cd "$out"
LC_ALL=C sha256sum -- *.gz | LC_ALL=C sort -k 2 > SHA256SUMS
wc -c -- *.gz
