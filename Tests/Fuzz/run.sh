#!/bin/bash
# Fuzzes what reads foreign bytes, with libFuzzer and AddressSanitizer: run.sh SECONDS [TARGET...].
#
# The modules that are fed are compiled here with the coverage that libFuzzer steers by; the package itself stays without
# such flags. Inputs that found something new are kept under .build/fuzz/corpus, findings under .build/fuzz.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true
targets=${*:-query csv jsonl block model}
out=.build/fuzz
mkdir -p $out/corpus

flags=(-O -wmo -swift-version 6 -package-name instar -parse-as-library -sanitize=address,fuzzer
  -enable-experimental-feature Lifetimes -suppress-warnings -I $out)
objects=()
for module in InstarColumns InstarCalendar InstarSyntax InstarModels InstarImport InstarStorage; do
  object=$out/$module.o
  objects+=("$object")
  if [ ! -e "$object" ] || [ -n "$(find Sources/$module -newer "$object" -name '*.swift')" ]; then
    swiftc "${flags[@]}" -module-name $module -emit-module -emit-module-path $out/$module.swiftmodule \
      -I Sources/CLMDB -I Sources/CZlib -c -o "$object" $(find Sources/$module -name '*.swift')
  fi
done
swiftc "${flags[@]}" -module-name Fuzz -I Sources/CLMDB -I Sources/CZlib -o $out/fuzz Tests/Fuzz/Fuzz.swift \
  "${objects[@]}" -llmdb -lz 2> >(grep -v 'Cannot export local symbol' >&2)

# The statements of the grammar's tests are the first inputs of queries, one a file.
mkdir -p $out/corpus/query
awk -v RS=';' -v out=$out/corpus/query 'length($0) > 3 { printf "%s;", $0 > (out "/statement-" NR); close(out "/statement-" NR) }' \
  Tests/InstarSyntaxTests/Fixtures/statements.iq

# Two at a time: the targets share the processors.
run() {
  mkdir -p $out/corpus/$1
  seeds=$out/corpus/$1
  [ -d Tests/Fuzz/corpus/$1 ] && seeds="$seeds Tests/Fuzz/corpus/$1"
  INSTAR_FUZZ=$1 ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no $out/fuzz $seeds -max_total_time=$seconds -timeout=10 -rss_limit_mb=2048 \
    -max_len=4096 -artifact_prefix=$out/$1- -print_final_stats=1 > $out/$1.log 2>&1 || {
      echo "fuzz $1: a finding"
      grep -m 3 -E 'ERROR|SUMMARY|Test unit' $out/$1.log
      return 1
    }
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' $out/$1.log)
  echo "fuzz $1: $runs inputs in $seconds s, no finding"
}
export -f run
export out seconds
printf '%s\n' $targets | xargs -P 2 -I{} bash -c 'run {}'
