#!/usr/bin/env bash
# Installs what is missing, builds everything, and runs every test. ctest's summary is the last word.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

install_missing "Tandem" "${build_packages[@]}"
install_missing "the tests" "${test_packages[@]}"
installer/keras_env.sh
say "Building"
build release
export QT_QPA_PLATFORM=offscreen
say "Testing"
ctest --test-dir build/release --output-on-failure --no-tests=error -j "$(nproc)" "$@"
