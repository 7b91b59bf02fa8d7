#!/usr/bin/env bash
# What the open window costs training, where a core is left to it and where training uses every core.
# Usage: tests/bench/window_cost.sh [--build FOLDER] [--threads N] [options of tandem_bench_window]
# Draws on the display there is, or on a virtual one; TANDEM_BENCH_OFFSCREEN=1: into memory only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build/release
threads=("$(($(nproc) > 1 ? $(nproc) - 1 : 1))" "$(nproc)")
rest=()
while (($#)); do
  case $1 in
    --build) build=$2; shift 2 ;;
    --threads) threads=("$2"); shift 2 ;;
    *) rest+=("$1"); shift ;;
  esac
done
[[ -x $build/bin/tandem_bench_window ]] || { echo "Build first: installer/test.sh or cmake --build --preset release" >&2; exit 2; }
screen=()
if [[ -n ${TANDEM_BENCH_OFFSCREEN:-} ]]; then
  export QT_QPA_PLATFORM=offscreen
elif [[ -z ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]]; then
  screen=(xvfb-run -a -s "-screen 0 1280x800x24")
fi
for n in "${threads[@]}"; do
  "${screen[@]}" "$build/bin/tandem_bench_window" --threads "$n" "${rest[@]}"
done
