#!/usr/bin/env bash
# Tests the packages of installer/package.sh, or the portable folder of `installer/bundle.sh --lab`, in a Debian system:
# installs them, trains a template, starts the lab from its .desktop entry on a virtual screen with a project to
# open, removes everything, and compares the files of the system with those before.
# Usage: installer/package_test.sh ROOT DEB...            as root
#        installer/package_test.sh ROOT PORTABLE.tar.xz
#   ROOT  / for this machine, or the folder of a Debian system, managed by apt or with its packages just unpacked
set -euo pipefail
(($# >= 2)) || { sed -n '2,7p' "$0"; exit 2; }
root=$(realpath "$1")
shift
for tool in Xvfb xwininfo unshare; do
  command -v "$tool" >/dev/null || { echo "$tool is missing. Install: xvfb x11-utils util-linux" >&2; exit 2; }
done

work=$(mktemp -d "${root%/}/tmp/tandem-test.XXXXXX")  # seen from inside as $inner
inner=/tmp/$(basename "$work")
mkdir -p "$work/home" "$work/x"
pids=() remove=()
cleanup() {
  ((${#remove[@]} == 0)) || "${remove[@]}" >/dev/null 2>&1 || true  # after a failure
  ((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
pass() { echo "ok    $*"; }

# Replaces this shell by a program inside the root, with a clean environment. Mounts end with it.
enter() {
  local environment=(env -i HOME="$inner/home" LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DISPLAY="${DISPLAY:-}"
    DEBIAN_FRONTEND=noninteractive QT_QPA_PLATFORM=xcb)
  [[ $root != / ]] || exec "${environment[@]}" "$@"
  exec unshare --mount --propagation private bash -euc '
    root=$1; shift
    mount --rbind /proc "$root/proc"; mount --rbind /dev "$root/dev"
    mkdir -p "$root/tmp/.X11-unix"; mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
    exec chroot "$root" "$@"' - "$root" "${environment[@]}" "$@"
}
inside() { (enter "$@"); }

# All that lies in the system, but for what changes by itself.
snapshot() {
  { find "${root%/}"/{bin,boot,etc,lib,lib64,opt,sbin,srv,usr,var} -xdev \
    \( -path "${root%/}/var/cache" -o -path "${root%/}/var/log" -o -path "${root%/}/var/lib/dpkg" -o -path '*/__pycache__' \
    -o -path "${root%/}/var/lib/apt" -o -path "${root%/}/var/tmp" \) -prune -o -print 2>/dev/null || true; } | sort  # not every system has all of them
}

# Xvfb runs outside; its socket is shown inside.
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$work/display" 2>"$work/xvfb.log" &
pids+=($!)
for _ in $(seq 100); do [[ -s $work/display ]] && break; sleep 0.1; done
[[ -s $work/display ]] || fail "Xvfb did not start: $(tail -n 3 "$work/xvfb.log")"
DISPLAY=:$(cat "$work/display")
export DISPLAY

# lab_shows TEXT COMMAND...: starts the lab, waits for a window of that title or class, and ends it.
lab_shows() {
  local title=$1 lab
  shift
  enter "$@" >"$work/lab.log" 2>&1 &
  lab=$!
  for _ in $(seq 300); do
    xwininfo -root -tree | grep -F "$title" >/dev/null && break
    kill -0 "$lab" 2>/dev/null || fail "the lab ended: $(cat "$work/lab.log")"
    sleep 0.1
  done
  xwininfo -root -tree | grep -F "$title" >/dev/null || fail "no window with \"$title\": $(cat "$work/lab.log")"
  sleep 1
  kill -0 "$lab" 2>/dev/null || fail "the lab ended: $(cat "$work/lab.log")"
  kill "$lab"
  wait "$lab" 2>/dev/null || true
}

# check_programs TANDEM LAB...: LAB is a command line with %f for the file to open.
check_programs() {
  local tandem=$1 file
  shift
  pass "$(inside "$tandem" --version)"
  inside "$tandem" doctor >"$work/doctor" || fail "tandem doctor: $(cat "$work/doctor")"
  grep -q '\[ok\] backend cpu' "$work/doctor" || fail "no CPU backend: $(cat "$work/doctor")"
  rm -rf "$work/run"  # of the programs checked before
  inside "$tandem" new --template 'Two moons' -o "$inner/moons.tandem" >/dev/null
  inside "$tandem" train "$inner/moons.tandem" --epochs 3 --out "$inner/run" >"$work/train.log" || fail "$(cat "$work/train.log")"
  [[ -s $work/run/weights.h5 ]] || fail "no weights: $(cat "$work/train.log")"
  pass "trained a template: $(grep -m 1 'samples/s' "$work/train.log")"
  lab_shows 'moons – Tandem' "${@/\%f/$inner/moons.tandem}"
  pass "the lab opened a project given as argument"
  echo '{"tandem": 1' >"$work/broken.tandem"
  for file in broken.tandem missing.tandem; do lab_shows '("tandem-lab"' "${@/\%f/$inner/$file}"; done
  pass "the lab starts with a broken and with a missing project"
  inside "${@/\%f/a.tandem}" b.tandem 2>"$work/two" && fail "two files were accepted"
  grep -q 'one file' "$work/two" || fail "two files: $(cat "$work/two")"
}

if [[ $1 == *.tar.xz ]]; then
  # Moved to a folder with a space, and started through its link and through another one from elsewhere.
  mkdir "$work/moved"
  tar -C "$work/moved" -xJf "$1"
  mv "$work"/moved/*/ "$work/moved/a b"
  mkdir "$work/links"
  ln -s "$inner/moved/a b/tandem-lab" "$work/links/tandem-lab"
  for file in "$work/moved/a b"/bin/tandem*; do
    missing=$(inside ldd "$inner/moved/a b/bin/$(basename "$file")" | grep 'not found' || true)
    [[ -z $missing ]] || fail "$(basename "$file") lacks $missing"
  done
  check_programs "$inner/moved/a b/tandem" "$inner/links/tandem-lab" %f
  echo "The portable folder works in $root"
  exit 0
fi

packages=()
for deb in "$@"; do
  cp "$deb" "$work/"
  packages+=("$(dpkg-deb -f "$deb" Package)")
done
managed=$(grep -c '^Package: libc6$' "${root%/}/var/lib/dpkg/status" 2>/dev/null || true)
if ((managed)); then
  # What they depend on stays, so it is installed before the files are counted.
  depends=$(for deb in "$@"; do dpkg-deb -f "$deb" Depends; done | tr ',' '\n' | grep -v '^ *tandem ' | paste -sd, -)
  inside apt-get -o DPkg::Lock::Timeout=300 satisfy -y --no-install-recommends "$depends" >"$work/apt.log" 2>&1 || fail "$(tail -n 5 "$work/apt.log")"
  install=(inside apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends --reinstall "${@/#*\//$inner/}")
  purge=(inside apt-get -o DPkg::Lock::Timeout=300 purge -y "${packages[@]}")
else
  mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers}
  touch "$root/var/lib/dpkg/status"
  install=(dpkg --root="$root" --force-depends -i "$@")
  purge=(dpkg --root="$root" --force-depends --purge "${packages[@]}")
fi

snapshot >"$work/before"
remove=("${purge[@]}")
"${install[@]}" >"$work/apt.log" 2>&1 || fail "installation: $(tail -n 5 "$work/apt.log")"
pass "installed ${packages[*]}"
for package in "${packages[@]}"; do
  dpkg-query --admindir="${root%/}/var/lib/dpkg" -L "$package"
done | grep -E '/bin/|\.so$' | grep -v kernels >"$work/programs"
while read -r file; do
  missing=$(inside ldd "$file" | grep 'not found' || true)
  [[ -z $missing ]] || fail "$file lacks $missing"
done <"$work/programs"
pass "all libraries are there for $(wc -l <"$work/programs") programs and plugins"
entry=${root%/}/usr/share/applications/org.tandem.Lab.desktop
read -ra lab < <(sed -n 's/^Exec=//p' "$entry")
check_programs tandem "${lab[@]}"
if [[ " ${packages[*]} " == *' tandem-cuda '* ]]; then
  inside tandem devices >"$work/devices"
  grep -q '^cuda' "$work/devices" || fail "no GPU backend: $(cat "$work/devices")"
  pass "GPU backend: $(grep -m 1 '^cuda' "$work/devices")"
fi
if ((managed)) && [[ -e ${root%/}/usr/bin/update-mime-database ]]; then
  grep -q 'x-tandem-project:\*\.tandem$' "${root%/}/usr/share/mime/globs2" || fail "the type of .tandem is not registered"
  pass "the desktop knows the type of .tandem files"
fi

remove=()
"${purge[@]}" >"$work/apt.log" 2>&1 || fail "removal: $(tail -n 5 "$work/apt.log")"
snapshot >"$work/after"
left=$(comm -13 "$work/before" "$work/after")
[[ -z $left ]] || fail "left behind after removal: $left"
pass "nothing is left behind after removal"
echo "The packages work in $root"
