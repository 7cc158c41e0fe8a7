#!/bin/sh
# The questions of docs/benchmarks.md in DuckDB, ClickHouse and Instar, side by side.
#
# usage: Benchmarks/run.sh N [DIR]      N events, such as 1000000; DIR takes the log and the stores (default: .build-data/N)
#
# Installs chdb, duckdb, numpy and pyarrow from PyPI into Benchmarks/.build-venv (never into the system), builds
# instar and InstarBenchmarks with optimisation, makes the log once, runs all three engines with two threads, prints the
# table and puts it into docs/benchmarks.md. Ends with 1 when an answer is missing or differs.
#
# SWIFT names another way to call swift; SCRATCH another folder for what is built.
set -eu
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  sed -n '4p' "$0" | cut -c3- >&2
  exit 64
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
count=$1
folder=${2:-$here/.build-data/$count}
swift=${SWIFT:-swift}
scratch=${SCRATCH:-$root/.build}

venv=$here/.build-venv
if ! [ -e "$venv/complete" ] || ! cmp -s "$here/requirements.txt" "$venv/complete"; then
  echo "installing the packages of Benchmarks/requirements.txt into Benchmarks/.build-venv" >&2
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/complete"
fi

# One folder for both packages: what they share is compiled once.
build() { $swift build -c release --scratch-path "$scratch" "$@" >&2; }
build --package-path "$root" --product instar
build --package-path "$here" --product InstarBenchmarks

mkdir -p "$folder"
exec "$venv/bin/python" -B "$here/compare.py" "$count" "$folder" \
  --instar "$scratch/release/instar" --appends "$scratch/release/InstarBenchmarks" --document "$root/docs/benchmarks.md"
