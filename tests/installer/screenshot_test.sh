#!/usr/bin/env bash
# installer/screenshot.sh at the beginning of a run: the picture exists, has the window's size and shows something.
# Usage: screenshot_test.sh FOLDER_OF_TANDEM_LAB
set -euo pipefail
installer=$(cd "$(dirname "$0")/../../installer" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset QT_QPA_PLATFORM DISPLAY WAYLAND_DISPLAY
"$installer/screenshot.sh" "$1" 0 "$work/lab.png"
read -r width height colors < <(identify -format '%w %h %k\n' "$work/lab.png")
echo "$width x $height pixels, $colors colors"
((width >= 1000 && height >= 600 && colors >= 100))
