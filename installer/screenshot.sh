#!/bin/bash
# Makes resources/screenshots/lab.png, the picture of the README, from a real run: starts the lab on a
# virtual screen with the template Fashion-MNIST CNN, presses Train, waits until the curves have moved.
# Usage: installer/screenshot.sh [FOLDER OF tandem-lab] [PERCENT OF THE RUN] [OUTPUT.png]
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-build/release/bin}
percent=${2:-30}
output=${3:-resources/screenshots/lab.png}
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

# A free display, told by Xvfb itself.
Xvfb -displayfd 3 -screen 0 1600x1000x24 -nolisten tcp 3>"$home/display" 2>"$home/xvfb.log" &
pids+=($!)
for _ in $(seq 100); do [ -s "$home/display" ] && break; sleep 0.1; done
[ -s "$home/display" ] || { echo "Xvfb did not start:" >&2; cat "$home/xvfb.log" >&2; exit 1; }
DISPLAY=:$(cat "$home/display")
export DISPLAY
openbox >/dev/null 2>&1 &
pids+=($!)

# Settings and runs of its own: an empty list of runs, the default layout, the light theme.
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
xdotool key --window "$window" F5

# The title says how far the run is: "30 % – Fashion-MNIST CNN – Tandem".
for _ in $(seq 3600); do
  title=$(xdotool getwindowname "$window")
  done_percent=${title%% %*}
  if [[ $done_percent =~ ^[0-9]+$ ]] && [ "$done_percent" -ge "$percent" ]; then break; fi
  kill -0 "$app" 2>/dev/null || { echo "The lab ended:" >&2; cat "$home/lab.log" >&2; exit 1; }
  sleep 0.5
done
[[ $done_percent =~ ^[0-9]+$ ]] || { echo "The training did not get going; the window says: $title" >&2; exit 1; }
sleep 0.5
mkdir -p "$(dirname "$output")"
import -window "$window" "$output"
echo "$output at $done_percent % of the run"
