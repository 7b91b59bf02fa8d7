#!/usr/bin/env bash
# Installs what is missing, builds, and opens the lab. Without a display it builds the command line, trains the template
# "Fashion-MNIST CNN with batch norm" in the terminal and builds the lab afterwards. A second start takes seconds.
# Usage: installer/run.sh [--portable] [--cuda] [options of tandem-lab, or of `tandem train` without a display]
#   --portable  CPU kernels for every x86-64 level, not only for this processor's
#   --cuda      the GPU backend even if no NVIDIA driver is loaded on this machine
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

display=
[[ -n ${DISPLAY:-} || -n ${WAYLAND_DISPLAY:-} ]] && display=yes
options=()
# The first configuration leaves out what a first run does not need; later ones do not take away what was added.
[[ -e build/release/CMakeCache.txt ]] || options+=(-DTANDEM_TESTS=OFF -DTANDEM_LAB=OFF)
while [[ ${1:-} == --portable || ${1:-} == --cuda ]]; do
  if [[ $1 == --portable ]]; then options+=(-DTANDEM_CPU_LEVELS=all); else options+=(-DTANDEM_CUDA=ON); fi
  shift
done

build_lab() {
  install_missing "the lab" "${lab_packages[@]}"
  build release "${options[@]}" -DTANDEM_LAB=ON tandem tandem-lab backends
}

install_missing "Tandem" "${build_packages[@]}"
say "Building Tandem (the first time takes some minutes)"
bin=$root/build/release/bin
if [[ -n $display ]]; then
  build_lab
  exec "$bin/tandem-lab" "$@"
fi

build release "${options[@]}" tandem backends
say "No display here: training the template Fashion-MNIST CNN with batch norm in the terminal"
out=$root/out/first-run
mkdir -p "$out"
"$bin/tandem" new --template "Fashion-MNIST CNN with batch norm" --force -o "$out/fashion-cnn.tandem"
"$bin/tandem" train "$out/fashion-cnn.tandem" --out "$out" --force "$@"
say "Building the lab, for a session with a display"
build_lab
