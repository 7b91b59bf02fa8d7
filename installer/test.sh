#!/usr/bin/env bash
# Installs what is missing, builds everything and runs the tests. ctest's summary comes last.
# Usage: installer/test.sh [--fast] [options of ctest]
# --fast runs the tests with the label fast, which take less than two minutes. With CI=true, warnings are errors.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"
tests=release-all
everything=(-DTANDEM_TESTS=ON -DTANDEM_LAB=ON -DTANDEM_CUDA=ON -DTANDEM_CPU_LEVELS=all)
[[ ${1:-} == --fast ]] && { tests=release-fast; shift; }

# Builds, and fails on a warning. Not with -Werror, which would be another flag for the compiler's cache: this way CI,
# run.sh and this script share all objects. Without ninja's log every command runs; the cache repeats the warnings as well.
build_without_warnings() {
  local log=$root/build/warnings.log
  mkdir -p build
  rm -f build/release/.ninja_log
  build release "${everything[@]}" 2>&1 | tee "$log"
  if grep -E '^(cc1plus|[^ ]+(:[0-9]+:[0-9]+|\([0-9]+\))): warning' "$log" >&2; then
    echo "The compiler warned, which is an error in CI" >&2
    return 1
  fi
}

install_missing "Tandem" "${build_packages[@]}" "${lab_packages[@]}"
install_missing "the tests" "${test_packages[@]}" "${package_packages[@]}"
if [[ $tests != release-fast ]]; then
  install_missing "the fuzzing test" "${fuzz_packages[@]}"
  installer/keras_env.sh
fi
installer/tools_env.sh
say "Building"
if [[ ${CI:-} == true ]]; then build_without_warnings; else build release "${everything[@]}"; fi
say "Testing"
ctest --preset "$tests" -j "$(nproc)" "$@"
