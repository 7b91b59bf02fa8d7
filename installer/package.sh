#!/usr/bin/env bash
# Builds the Debian packages of this machine's release: tandem_VERSION_ARCH.deb and, where there is a CUDA toolkit with
# cuDNN, tandem-cuda_VERSION_ARCH.deb. They go to out/packages, or to FOLDER. lintian finds no error in them.
# Usage: installer/package.sh [--cuda-architectures LIST] [FOLDER]
#   LIST  GPU architectures as CMake names them, such as "90"; default: all that the project supports
# DEBFULLNAME and DEBEMAIL name the maintainer.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
architectures=release
if [[ ${1:-} == --cuda-architectures ]]; then
  architectures=${2:?which architectures}
  shift 2
fi
out=$(realpath -m "${1:-$root/out/packages}")
cd "$root"

install_missing "Tandem" "${build_packages[@]}" "${lab_packages[@]}"
install_missing "the packages" "${package_packages[@]}"
say "Building"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)  # the same sources give the same packages
export SOURCE_DATE_EPOCH
build release -DTANDEM_LAB=ON -DTANDEM_CPU_LEVELS=all -DTANDEM_CUDA=ON -DTANDEM_CUDA_ARCHITECTURES="$architectures" \
  tandem tandem-lab backends resources
build=$root/build/release

say "Packing"
rm -f "$build"/*.deb
(cd "$build" && cpack >cpack.log 2>&1) || { tail -n 30 "$build/cpack.log" >&2; exit 1; }
mkdir -p "$out"
status=0
lacking=$(cat "$build/cuda_lacking" 2>/dev/null) || true
[[ -z $lacking ]] || echo "tandem-cuda has no compiled code for$lacking (--cuda-architectures $architectures)" >&2
for deb in "$build"/*.deb; do
  mv "$deb" "$out/"
  deb=$out/$(basename "$deb")
  depends=$(dpkg-deb -f "$deb" Depends)
  printf '%s (%d KiB)\n  Depends: %s\n' "$deb" $(($(stat -c %s "$deb") >> 10)) "$depends"
  # Where NVIDIA's libraries are installed from packages, these would be named; Debian does not have them.
  if grep -Eq 'cudnn|cublas|cuda-cudart|nvidia' <<<"$depends"; then
    echo "error: $(basename "$deb") depends on packages that Debian does not have" >&2
    status=1
  fi
  lintian --fail-on error --tag-display-limit 0 "$deb" || status=1
done
exit $status
