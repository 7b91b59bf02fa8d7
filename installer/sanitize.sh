#!/usr/bin/env bash
# Builds Tandem with a sanitizer and runs the tests that have something to find for it.
# Usage: installer/sanitize.sh [address|thread] [--fast]     (default: address, which is with UBSan)
# --fast: the unit tests alone, as in test.sh; thread is fast anyway.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"
sanitizer=${1:-address}
fast=
[[ ${2:-} == --fast ]] && fast=1

install_missing "Tandem" "${build_packages[@]}" "${lab_packages[@]}"
install_missing "the tests" "${test_packages[@]}" "${fuzz_packages[@]}"

# unit OPTIONS...: the unit tests, shared by as many processes as there are processors.
unit() {
  local count index pids=() status=0
  count=$(nproc)
  for ((index = 0; index < count; ++index)); do
    GTEST_TOTAL_SHARDS=$count GTEST_SHARD_INDEX=$index "$bin/tandem_unit" --gtest_brief=1 "$@" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || status=1; done
  return $status
}

case $sanitizer in
  address)
    bin=$root/build/asan/bin
    # intercept_tls_get_addr=0: else the leak checker itself crashes on the thread-local storage of plugins
    # that were loaded while an OpenMP team was alive ("Tracer caught signal 11").
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:intercept_tls_get_addr=0
    export UBSAN_OPTIONS=print_stacktrace=1
    # LLVM's OpenMP never frees what it stores about a thread that started a team and has ended.
    echo "leak:libomp" >"$root/build/leaks.txt"
    export LSAN_OPTIONS=suppressions=$root/build/leaks.txt:print_suppressions=0
    build asan tandem_unit backends
    unit
    if [[ -z $fast ]]; then
      build asan tandem_golden tandem_conformance tandem_fuzz_replay tandem
      fixtures=$root/build/asan/golden
      "$bin/tandem_conformance" --device cpu --mode test
      /usr/bin/python3 tests/golden/make_fixtures.py "$fixtures"
      "$bin/tandem_golden" --device cpu --fixtures "$fixtures"
      for reader in tests/fuzz/targets/*.cpp; do "$bin/tandem_fuzz_replay" "$(basename "$reader" .cpp)"; done
      for script in tests/cli/*_test.py; do  # the templates would train for an hour
        [[ $script == */templates_test.py ]] || python3 "$script" "$bin/tandem"
      done
      # The GPU's kernels on the stand-in, whose device memory has gaps that the sanitizer watches. Its threads are
      # fibers, on which stack use after return cannot be detected.
      if ninja -C build/asan -t targets all | grep -q '^tandem_cuda_stand_in:'; then
        build asan tandem_cuda_stand_in
        cp "$bin/tandem_conformance" build/asan/bin_stand_in/
        for precision in fp32 bf16; do
          ASAN_OPTIONS=$ASAN_OPTIONS:detect_stack_use_after_return=0 \
            build/asan/bin_stand_in/tandem_conformance --device cuda:0 --precision $precision
        done
      fi
    fi
    ;;
  thread)
    bin=$root/build/tsan/bin
    build tsan tandem_unit backends
    # One kernel thread: libgomp is not instrumented, so that its barriers are invisible and every team would be
    # reported. The threads of the trainer, the loader, telemetry and the recorder are visible.
    export OMP_NUM_THREADS=1 OMP_THREAD_LIMIT=1
    unit --gtest_filter='*Trainer*:BatchLoader.*:Telemetry.*:DeviceSampler.*:RunStore.*:RunReadings.*:SpscRing.*:Checkpoint.*'
    ;;
  *)
    sed -n '3,4p' "$0" >&2
    exit 2
    ;;
esac
echo "No findings"
