#!/usr/bin/env bash
# Long fuzzing: libFuzzer with AddressSanitizer and UBSan on every reader.
#   tests/fuzz/run.sh [seconds for each reader, default 60]
# Needs the Debian packages clang, libclang-rt-14-dev and libomp-14-dev. Findings are
# stored in build/fuzz/findings/; add a minimized one (-minimize_crash=1) to tests/fuzz/corpus/ with the fix.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
CC=clang CXX=clang++ cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTANDEM_FUZZER=ON \
  -DTANDEM_SANITIZER=address -DCMAKE_CXX_FLAGS=-fsanitize=fuzzer-no-link -DTANDEM_LAB=OFF -DTANDEM_CUDA=OFF \
  -DTANDEM_CPU_LEVELS=v2 >build/fuzz-configure.log || { cat build/fuzz-configure.log; exit 1; }
readers=$(cd tests/fuzz/targets && ls *.cpp | sed 's/\.cpp$//')
ninja -C build/fuzz $(printf 'tandem_fuzz_%s ' $readers)
mkdir -p build/fuzz/findings
result=0
for reader in $readers; do
  echo "== $reader, $seconds s"
  mkdir -p "build/fuzz/corpus/$reader"  # grows from run to run; the committed corpus is only read
  "build/fuzz/bin/tandem_fuzz_$reader" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=4096 \
    -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/findings/$reader-" \
    "build/fuzz/corpus/$reader" "tests/fuzz/corpus/$reader" || result=1
done
exit $result
