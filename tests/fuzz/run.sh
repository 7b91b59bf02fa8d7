#!/usr/bin/env bash
# Long fuzzing: libFuzzer with AddressSanitizer and UBSan on every reader, or on the named ones.
#   tests/fuzz/run.sh [SECONDS PER READER, default 60] [READER...]
# Findings are stored in build/fuzz/findings/; add a minimized one (-minimize_crash=1) to tests/fuzz/corpus/ with the
# fix.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../installer/common.sh"
cd "$root"
seconds=${1:-60}
readers=("${@:2}")
((${#readers[@]})) || mapfile -t readers < <(cd tests/fuzz/targets && printf '%s\n' *.cpp | sed 's/\.cpp$//')
install_missing "Tandem" "${build_packages[@]}"
install_missing "fuzzing" "${fuzz_packages[@]}"
mkdir -p build/fuzz/findings
build asan "${readers[@]/#/tandem_fuzz_}"  # the build of installer/sanitize.sh
result=0
for reader in "${readers[@]}"; do
  echo "== $reader, $seconds s"
  mkdir -p "build/fuzz/corpus/$reader"  # grows from run to run; the committed corpus is only read
  "build/asan/bin/tandem_fuzz_$reader" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=4096 \
    -malloc_limit_mb=2048 -print_final_stats=1 -print_funcs=0 -verbosity=0 -artifact_prefix="build/fuzz/findings/$reader-" \
    "build/fuzz/corpus/$reader" "tests/fuzz/corpus/$reader" || result=1
done
exit $result
