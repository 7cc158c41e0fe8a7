#!/bin/bash
# The share of lines that the tests ran in each module, which must be at least so many percent:
# coverage.sh FOLDER LEAST MODULE...
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1/debug
least=$2
shift 2
code=0
for module in "$@"; do
  share=$(llvm-cov report "$folder/InstarPackageTests.xctest" -instr-profile="$folder/codecov/default.profdata" \
    "Sources/$module" 2>/dev/null | awk '/^TOTAL/ { print $10 }')
  echo "coverage $module: $share of its lines"
  awk -v share="${share%\%}" -v least="$least" 'BEGIN { exit !(share >= least) }' || code=1
done
[ $code = 0 ] || echo "at least $least % of the lines of each are to run" >&2
exit $code
