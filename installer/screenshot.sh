#!/bin/bash
# Makes the pictures of the README, lab.png and twin.png in resources/screenshots, from real runs: starts the
# lab on a virtual screen with the template Fashion-MNIST CNN and presses Train, waiting until the curves have
# moved; or, with --twin, Ctrl+T and Start, waiting until the twin has ended.
# Usage: installer/screenshot.sh [--twin] [FOLDER OF tandem-lab] [PERCENT OF THE RUN] [OUTPUT.png]
set -euo pipefail
cd "$(dirname "$0")/.."
twin=
if [ "${1:-}" = --twin ]; then twin=1; shift; fi
bin=${1:-build/release/bin}
percent=${2:-30}
name=lab
[ -z "$twin" ] || name=twin
output=${3:-resources/screenshots/$name.png}
lab=$bin/tandem-lab
[ -x "$lab" ] || { echo "There is no $lab. Build it first: installer/run.sh" >&2; exit 2; }
for tool in Xvfb openbox xdotool import; do
  command -v "$tool" >/dev/null || {
    echo "$tool is missing. Install: xvfb openbox xdotool imagemagick" >&2
    exit 2
  }
done

home=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$home"
}
trap cleanup EXIT

# A free display, chosen by Xvfb.
Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp 3>"$home/display" 2>"$home/xvfb.log" &
pids+=($!)
for _ in $(seq 100); do [ -s "$home/display" ] && break; sleep 0.1; done
[ -s "$home/display" ] || { echo "Xvfb did not start:" >&2; cat "$home/xvfb.log" >&2; exit 1; }
DISPLAY=:$(cat "$home/display")
export DISPLAY
openbox >/dev/null 2>&1 &
pids+=($!)

# Separate settings and runs: an empty list of runs, the default layout, the light theme.
export XDG_CONFIG_HOME=$home/config XDG_DATA_HOME=$home/data XDG_CACHE_HOME=$home/cache
export XDG_RUNTIME_DIR=$home/run
mkdir -p -m 700 "$XDG_RUNTIME_DIR" "$XDG_CONFIG_HOME/tandem"
printf '[window]\ntheme=light\n' >"$XDG_CONFIG_HOME/tandem/tandem-lab.conf"
"$lab" --template "Fashion-MNIST CNN" 2>"$home/lab.log" &
app=$!
pids+=("$app")

window=
for _ in $(seq 300); do
  window=$(xdotool search --onlyvisible --pid "$app" --name Tandem 2>/dev/null | tail -1) && [ -n "$window" ] && break
  kill -0 "$app" 2>/dev/null || { echo "The lab ended:" >&2; cat "$home/lab.log" >&2; exit 1; }
  sleep 0.1
done
[ -n "$window" ] || { echo "The lab's window did not appear" >&2; exit 1; }
xdotool windowactivate --sync "$window"
sleep 1
if [ -n "$twin" ]; then
  # One thread against all, in lock-step, as the dialog proposes. The title shows the progress in percent.
  xdotool key ctrl+t
  sleep 2
  xdotool key Return
  for _ in $(seq 600); do [[ $(xdotool getwindowname "$window") == "Twin run "* ]] && break; sleep 0.1; done
  for _ in $(seq 3600); do [[ $(xdotool getwindowname "$window") != "Twin run "* ]] && break; sleep 0.5; done
  sleep 2
  xdotool key alt+p
  sleep 1
  # The last gradient of the list, before the eight updates: of the first layer's kernel. Alt+A: its values.
  size=$(xdotool getwindowgeometry --shell "$window")
  width=$(sed -n 's/^WIDTH=//p' <<<"$size") height=$(sed -n 's/^HEIGHT=//p' <<<"$size")
  xdotool mousemove --window "$window" $((width * 16 / 100)) $((height * 80 / 100)) click 1
  sleep 1
  xdotool key ctrl+End Up Up Up Up Up Up Up Up
  sleep 1
  xdotool key alt+a
  sleep 4
  mkdir -p "$(dirname "$output")"
  import -window "$window" "$output"
  echo "$output"
  exit 0
fi
xdotool key --window "$window" F5

# The title shows the progress of the run.
for _ in $(seq 3600); do
  title=$(xdotool getwindowname "$window")
  done_percent=${title%%[!0-9]*}  # "30% – Fashion-MNIST CNN – Tandem"
  if [[ $done_percent =~ ^[0-9]+$ ]] && [ "$done_percent" -ge "$percent" ]; then break; fi
  kill -0 "$app" 2>/dev/null || { echo "The lab ended:" >&2; cat "$home/lab.log" >&2; exit 1; }
  sleep 0.5
done
[[ $done_percent =~ ^[0-9]+$ ]] || { echo "The training did not start; the window title is: $title" >&2; exit 1; }
sleep 0.5
mkdir -p "$(dirname "$output")"
import -window "$window" "$output"
echo "$output at $done_percent% of the run"
