#!/bin/bash
# The share of lines that the tests ran in each module: coverage.sh FOLDER MODULE...
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1/debug
shift
for module in "$@"; do
  share=$(llvm-cov report "$folder/InstarPackageTests.xctest" -instr-profile="$folder/codecov/default.profdata" \
    "Sources/$module" 2>/dev/null | awk '/^TOTAL/ { print $10 }')
  echo "coverage $module: $share of its lines"
done
