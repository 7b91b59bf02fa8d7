#!/usr/bin/env bash
# Makes a folder that runs wherever it is moved to, and its archive, for distributions that are as new as this one or
# newer. It has the programs, the backends and the libraries they need, except glibc, libstdc++, NVIDIA's libraries and
# those that belong to the display and its driver.
#   headless (default)  with the checks that installer/verify.sh runs, for a bare CUDA machine; under 60 MB
#   --lab               the lab and the command line, for a desktop: start tandem-lab or tandem in the folder
# Usage: installer/bundle.sh [--lab] [BUILD_FOLDER [BUNDLE_FOLDER]]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
form=headless programs=(tandem tandem_conformance tandem_golden tandem_bench tandem_device_check)
if [[ ${1:-} == --lab ]]; then
  form=lab programs=(tandem tandem-lab)
  shift
fi
build=${1:-$root/build/release}
out=${2:-$build/tandem-$form}
limit=$((($([[ $form == lab ]] && echo 100 || echo 60)) * 1024 * 1024))

[[ -d $build/bin/backends ]] || { echo "No build in $build: build first, or name the folder" >&2; exit 2; }
rm -rf "$out" "$out.tar.xz"
mkdir -p "$out/bin/backends" "$out/lib"
binaries=()
for name in "${programs[@]}"; do
  [[ -x $build/bin/$name ]] || continue
  cp "$build/bin/$name" "$out/bin/"
  binaries+=("$out/bin/$name")
done
((${#binaries[@]})) || { echo "No program in $build/bin" >&2; exit 2; }
cp "$build"/bin/backends/*.so "$out/bin/backends/"
binaries+=("$out"/bin/backends/*.so)
strip --strip-unneeded "${binaries[@]}"
fashion=/usr/share/datasets/fashion-mnist  # where core/base/install_dirs.h finds it
[[ -d $fashion ]] && mkdir -p "$out/data" && cp -rL "$fashion" "$out/data/"
cp "$root/LICENSE" "$out/"
git -C "$root" rev-parse HEAD >"$out/COMMIT" 2>/dev/null || true

if [[ $form == headless ]]; then
  mkdir -p "$out/bench"
  [[ -d $build/golden ]] && cp -r "$build/golden" "$out/golden"
  for file in run.py run.sh peer.py fashion.py; do
    [[ -f $root/tests/bench/$file ]] && cp "$root/tests/bench/$file" "$out/bench/"
  done
  cp "$root/installer/verify.sh" "$out/"
else
  [[ -x $out/bin/tandem-lab ]] || { echo "No tandem-lab in $build/bin" >&2; exit 2; }
  ln -s bin/tandem bin/tandem-lab "$out/"  # whatever starts them, they see the folder that they are really in
  # Qt finds its plugins by qt.conf: windows on X11 and Wayland, pictures, input methods, printing.
  printf '[Paths]\nPrefix = ..\nPlugins = plugins\n' >"$out/bin/qt.conf"
  plugins=$(dirname "$(ldd "$out/bin/tandem-lab" | awk '/libQt6Core/ {print $3}')")/qt6/plugins
  for kind in platforms/libq{xcb,wayland*,offscreen}.so {xcbglintegrations,iconengines,platforminputcontexts}/'*'.so \
    imageformats/libq{svg,jpeg}.so {printsupport,wayland-shell-integration,wayland-decoration-client}/'*'.so \
    wayland-graphics-integration-client/'*'.so platformthemes/libqxdgdesktopportal.so; do
    for file in "$plugins"/$kind; do
      [[ -e $file ]] || continue
      mkdir -p "$out/plugins/$(basename "$(dirname "$file")")"
      cp -L "$file" "$out/plugins/$(basename "$(dirname "$file")")/"
      binaries+=("$file")
    done
  done
fi

# What the loader finds, less what every Linux has and what belongs to NVIDIA; a display has its own libraries too.
others='ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|util|stdc\+\+|gcc_s|nvidia[^/]*|cuda|cudart|cudnn[^/]*|cublas[^/]*)'
[[ $form == headless ]] ||
  others+='|lib(GL|GLX|EGL|GLdispatch|OpenGL|gbm|drm|X11|X11-xcb|xcb|wayland-[a-z]*|fontconfig|freetype|expat)'
ldd "${binaries[@]}" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u | grep -Ev "/($others)\.so" |
  while read -r library; do
    cp -L "$library" "$out/lib/"
    [[ $form == lab ]] || continue
    package=$(dpkg -S "$library" "$(realpath "$library")" 2>/dev/null | head -n 1 | cut -d: -f1) || true
    [[ -n $package && -e /usr/share/doc/$package/copyright ]] || continue
    mkdir -p "$out/licences"
    cp -L "/usr/share/doc/$package/copyright" "$out/licences/$package"
  done

# A build for the machine it is made on may have no code for the GPU of another.
if [[ -e $out/bin/backends/tandem_cuda_kernels.so ]]; then
  lacking=$(cat "$build/cuda_lacking" 2>/dev/null) || true
  [[ -z $lacking ]] || echo "The GPU backend has no compiled code for$lacking: configure with" \
    "-DTANDEM_CUDA_ARCHITECTURES=release to include it" | tee "$out/GPU_CODE" >&2
fi

archive=$(dirname "$out")/$(basename "$out").tar.xz
tar -C "$(dirname "$out")" -cf - "$(basename "$out")" | xz -T0 >"$archive"
bytes=$(stat -c %s "$archive")
printf '%s: %d MiB, unpacked %d MiB\n' "$archive" $((bytes >> 20)) $(($(du -sb "$out" | cut -f1) >> 20))
((bytes <= limit)) || { echo "The archive is larger than $((limit >> 20)) MiB" >&2; exit 1; }
