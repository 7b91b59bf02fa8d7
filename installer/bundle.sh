#!/usr/bin/env bash
# Makes a relocatable headless folder and its archive: programs, backends and the libraries they need,
# except glibc, libstdc++, NVIDIA's libraries and the driver. It runs on a bare CUDA machine, also on a
# newer distribution than the one it was built on. The archive stays under 60 MB.
# Usage: installer/bundle.sh [BUILD_FOLDER [BUNDLE_FOLDER]]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build/release}
out=${2:-$build/tandem-headless}
limit=$((60 * 1024 * 1024))

[[ -d $build/bin/backends ]] || { echo "No build in $build: build first, or name the folder" >&2; exit 2; }
rm -rf "$out" "$out.tar.xz"
mkdir -p "$out/bin/backends" "$out/lib" "$out/bench"
programs=()
for name in tandem tandem_conformance tandem_golden tandem_bench tandem_device_check; do
  [[ -x $build/bin/$name ]] || continue
  cp "$build/bin/$name" "$out/bin/"
  programs+=("$out/bin/$name")
done
((${#programs[@]})) || { echo "No program in $build/bin" >&2; exit 2; }
cp "$build"/bin/backends/*.so "$out/bin/backends/"
fashion=/usr/share/datasets/fashion-mnist  # for the twin of CPU and GPU on real images
[[ -d $fashion ]] && mkdir -p "$out/data" && cp -rL "$fashion" "$out/data/"
[[ -d $build/golden ]] && cp -r "$build/golden" "$out/golden"
for file in run.py run.sh peer.py fashion.py; do
  [[ -f $root/tests/bench/$file ]] && cp "$root/tests/bench/$file" "$out/bench/"
done
cp "$root/installer/verify.sh" "$root/LICENSE" "$out/"
git -C "$root" rev-parse HEAD >"$out/COMMIT" 2>/dev/null || true
strip --strip-unneeded "$out"/bin/tandem* "$out"/bin/backends/*.so

# What the loader finds, less what every Linux has and what belongs to NVIDIA.
ldd "${programs[@]}" "$out"/bin/backends/*.so 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u |
  grep -Ev '/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|util|stdc\+\+|gcc_s|nvidia[^/]*|cuda|cudart|cudnn[^/]*|cublas[^/]*))\.so' |
  while read -r library; do cp -L "$library" "$out/lib/"; done

archive=$(dirname "$out")/$(basename "$out").tar.xz
tar -C "$(dirname "$out")" -cJf "$archive" "$(basename "$out")"
bytes=$(stat -c %s "$archive")
printf '%s: %d MiB, unpacked %d MiB\n' "$archive" $((bytes >> 20)) $(($(du -sb "$out" | cut -f1) >> 20))
((bytes <= limit)) || { echo "The archive is larger than 60 MB" >&2; exit 1; }
