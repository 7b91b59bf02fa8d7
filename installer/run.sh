#!/usr/bin/env bash
# Installs what is missing, builds, and opens the lab. Without a display it trains the template
# "Fashion-MNIST CNN" in the terminal instead. A second start takes seconds.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

install_missing "Tandem" "${build_packages[@]}"
say "Building Tandem (the first time takes some minutes)"
build release tandem tandem-lab backends
bin=$root/build/release/bin

if [[ -n ${DISPLAY:-} || -n ${WAYLAND_DISPLAY:-} ]]; then
  exec "$bin/tandem-lab" "$@"
fi

say "No display here: training the template Fashion-MNIST CNN in the terminal"
out=$root/out/first-run
mkdir -p "$out"
"$bin/tandem" new --template "Fashion-MNIST CNN" --force -o "$out/fashion-cnn.tandem"
"$bin/tandem" train "$out/fashion-cnn.tandem" --out "$out" "$@"
