#!/usr/bin/env bash
# `cmake --install` into an empty folder: the programs run there and after it was moved, and what a desktop, man and the
# shell read is well-formed. Then CPack's packages, by lintian.
# Usage: install_test.sh BUILD_FOLDER
set -euo pipefail
build=$1
for tool in desktop-file-validate appstreamcli update-mime-database man lintian dpkg-shlibdeps; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: see package_packages in installer/common.sh"; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work/home TANDEM_RUNS=$work/runs
mkdir "$HOME"
fail() { echo "FAIL: $*"; exit 1; }

DESTDIR=$work/root cmake --install "$build" --prefix /usr >"$work/install.log"
if grep 'RPATH\|RUNPATH' <(find "$work/root" -type f \( -name 'tandem*' -o -name '*.so' \) -exec readelf -d {} + 2>/dev/null); then
  fail "an installed file has an RPATH"
fi
train() {  # TANDEM
  "$1" doctor | grep '\[ok\] backend cpu' || fail "$1 does not find its backends"
  "$1" new --template 'Two moons' --force -o "$work/moons.tandem"
  "$1" train "$work/moons.tandem" --epochs 2 --out "$work/out" --force | grep 'samples/s'
}
train "$work/root/usr/bin/tandem"
mv "$work/root/usr" "$work/else where"
train "$work/else where/bin/tandem"
share="$work/else where/share"

if [[ -e $share/applications ]]; then
  for size in 16 22 24 32 48 64 96 128 256 512; do
    file "$share/icons/hicolor/${size}x$size/apps/tandem-lab.png" | grep -q "PNG image data, $size x $size" ||
      fail "the icon of $size pixels"
  done
  desktop-file-validate "$share/applications/org.tandem.Lab.desktop"
  # Tandem has no home page. Debian 13's validator warns about that, and Debian 12's does not know the tag.
  metainfo=$share/metainfo/org.tandem.Lab.metainfo.xml
  appstreamcli validate --no-net --override=url-homepage-missing=info "$metainfo" ||
    appstreamcli validate --no-net "$metainfo"
  update-mime-database "$share/mime" 2>/dev/null
  grep '^50:application/x-tandem' "$share/mime/globs2" | sort >"$work/globs"
  printf '50:application/x-tandem-%s\n' 'project:*.tandem' 'run:*.tandemrun' 'twin:*.tandemtwin' | diff - "$work/globs"
  grep -o 'application/x-tandem-[a-z]*' "$share/applications/org.tandem.Lab.desktop" | sort | paste -sd ' ' |
    diff - <(cut -d: -f2 "$work/globs" | paste -sd ' ')
fi

for page in "$share"/man/man1/*.gz; do
  warnings=$(MANWIDTH=100 man --warnings -E UTF-8 -l "$page" 2>&1 >"$work/page")
  [[ -z $warnings ]] || fail "$page: $warnings"
done
MANWIDTH=100 man -l "$share/man/man1/tandem.1.gz" >"$work/page"
for command in train 'runs verify' twin; do grep -q "^ *tandem $command " "$work/page" || fail "no $command in tandem(1)"; done
# A value called TEXT or INT has no name in app/cli/arguments.cpp.
grep -nE '\-\-[a-z-]+ (TEXT|INT|UINT|FLOAT)' "$work/page" && fail "an option's value has no name"

complete() {  # LINE: what the shell proposes for it
  PATH="$work/else where/bin:$PATH" bash --norc -c '
    [[ ! -e /usr/share/bash-completion/bash_completion ]] || source /usr/share/bash-completion/bash_completion
    source "$1"; cd "$2"; COMP_LINE=$3 COMP_POINT=${#3} COMP_TYPE=9 COMP_KEY=9
    read -ra COMP_WORDS <<<"$3"; [[ $3 != *" " ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }; _tandem tandem; printf "%s\n" "${COMPREPLY[@]}"' - \
    "$share/bash-completion/completions/tandem" "$work" "$1" | sort | paste -sd ' '
}
proposes() { [[ " $(complete "$1") " == *" $2 "* ]] || fail "'$1' proposes '$(complete "$1")', not '$2'"; }
proposes 'tandem tr' train
proposes 'tandem runs ver' verify
proposes 'tandem train --prec' --precision
proposes 'tandem train --precision b' bf16
proposes 'tandem train --device ' cpu
proposes 'tandem new --template Two' 'Two\ moons'
proposes 'tandem runs report -' --out
touch "$work/notes.txt"
if [[ -e /usr/share/bash-completion/bash_completion ]]; then
  proposes 'tandem train mo' moons.tandem
  [[ -z $(complete 'tandem train no') ]] || fail "a text file is proposed for a project"
fi

(cd "$build" && cpack -G DEB -B "$work/deb" >"$work/cpack.log") || fail "$(tail -n 20 "$work/cpack.log")"
for deb in "$work"/deb/*.deb; do
  dpkg-deb -f "$deb" Package Depends
  lintian --fail-on error "$deb"
done
[[ -e $(echo "$work"/deb/tandem_*.deb) ]] || fail "no package tandem"
echo "all well"
