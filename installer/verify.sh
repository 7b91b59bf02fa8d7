#!/usr/bin/env bash
# Verifies a device from the headless bundle: kernels against the definitions of the ops, sessions,
# training against PyTorch's recorded results, speed. Prints a short table; all output and a summary in
# JSON go to the folder TANDEM_VERIFY_OUT (default: verify-DEVICE beside this script).
# A check that fails, crashes or hangs does not keep the others from running; the summary is written after
# each. With --within SECONDS nothing new starts after that time (570 where a command may take 600).
# Usage: ./verify.sh [cuda:0] [--within SECONDS] [--precision fp32|tf32|bf16|fp16]...
#   [--only conformance|session|golden|twin|determinism|memory|perf|bench|large]...
# large: the benchmark's large networks, whose compiling by PyTorch takes minutes; one precision a call.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
device=cuda:0
within=86400  # a day: no limit
longest=600  # seconds for one check
only=()
precisions=()
while (($#)); do
  case $1 in
    --only) only+=("${2:?--only what}"); shift 2 ;;
    --precision) precisions+=("${2:?--precision which}"); shift 2 ;;
    --within) within=${2:?--within how many seconds}; shift 2 ;;
    -h | --help) sed -n '2,9p' "$0"; exit 0 ;;
    *) device=$1; shift ;;
  esac
done
out=${TANDEM_VERIFY_OUT:-$here/verify-${device/:/-}}
mkdir -p "$out" || exit 2
export here device out  # for the checks that are functions

# cuDNN and cuBLAS: from the Python environment (nvidia/*/lib) or the toolkit. Python's come first, so that
# PyTorch, which runs beside us in the benchmark, keeps its own.
libraries=
if command -v python3 >/dev/null; then
  libraries=$(timeout 30 python3 - <<'PY'
import glob, os, site, sys
roots = {p for p in sys.path + site.getsitepackages() if p.endswith("-packages")}
found = {os.path.dirname(f) for r in roots for n in ("libcudnn.so.9", "libcublasLt.so.13", "libnvrtc.so.13")
         for f in glob.glob(os.path.join(r, "nvidia", "**", "lib", n), recursive=True)}
print("".join(f + ":" for f in sorted(found)), end="")
PY
)
fi
for folder in /usr/local/cuda/lib64 /usr/lib/x86_64-linux-gnu; do
  [[ -e $folder/libcudnn.so.9 || -e $folder/libcublasLt.so.13 ]] && libraries+=$folder:
done
for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib; do  # the driver, where it is mounted into a container
  [[ -e $folder/libcuda.so.1 ]] && libraries+=$folder:
done
libraries+=${LD_LIBRARY_PATH:-}
export LD_LIBRARY_PATH=${libraries%:}  # an empty entry would mean the current folder

gpu=$(timeout 30 nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null | head -n 1)
rows=()
failed=0
in_precision() { ((${#precisions[@]} == 0)) || [[ " ${precisions[*]} " == *" $1 "* ]]; }
wanted() { ((${#only[@]} == 0)) || [[ " ${only[*]} " == *" $1 "* ]]; }
escape() { sed 's/\\/\\\\/g; s/"/\\"/g' <<<"$1" | tr -d '\000-\037'; }
save() {
  {
    printf '{"device":"%s","gpu":"%s","commit":"%s","checks":[' "$device" "$(escape "${gpu:-unknown}")" \
      "$(cat "$here/COMMIT" 2>/dev/null)"
    (IFS=,; printf '%s' "${rows[*]}")
    printf ']}\n'
  } >"$out/verify.json"
}
# check GROUP NAME COMMAND...: runs it and stores its output and last line.
check() {
  local group=$1 name=$2 log start seconds status last limit
  shift 2
  wanted "$group" || return 0
  log=$out/$name.log
  start=$SECONDS
  limit=$((within - start < longest ? within - start : longest))
  if ((limit > 0)); then
    timeout -k 5 "$limit" "$@" >"$log" 2>&1
    status=$?
  else
    echo "not run: no time is left" >"$log"
    status=124
  fi
  seconds=$((SECONDS - start))
  last=$(grep -v '^ *$' "$log" | tail -n 1 | sed 's/  */ /g')
  if ((limit > 0 && (status == 124 || status == 137) && seconds >= limit)); then
    last="stopped after $seconds s, its last line: $last"
  elif ((status > 128)); then
    last="ended by signal $((status - 128)), its last line: $last"
  fi
  ((status == 0)) || failed=1
  printf '%-4s %-24s %4ds  %s\n' "$([[ $status == 0 ]] && echo ok || echo FAIL)" "$name" "$seconds" "${last:0:110}"
  grep -m 4 '^note ' "$log" | sed 's/^/       /'
  ((status == 0)) || grep -m 12 -E '^(FAIL|error|terminate)' "$log" | sed 's/^/       /'
  rows+=("{\"check\":\"$name\",\"ok\":$([[ $status == 0 ]] && echo true || echo false),\"seconds\":$seconds,\"last\":\"$(escape "$last")\"}")
  save
}
have() { [[ -x $here/bin/$1 ]]; }

have tandem && check conformance devices "$here/bin/tandem" devices
have tandem && check conformance doctor "$here/bin/tandem" doctor
conformance() {  # PRECISION. A fault leaves a process no device: the ops it did not come to get another
  local ops='.*' failures=0 status
  while :; do
    "$here/bin/tandem_conformance" --device "$device" --precision "$1" --verbose --op "$ops" |
      tee "$out/conformance.part"
    status=${PIPESTATUS[0]}
    ((status == 0)) || failures=1
    ((status == 3)) || break
    ops=$(sed -n 's/^the device was lost; not checked: //p' "$out/conformance.part")
    [[ -n $ops ]] || break
  done
  rm -f "$out/conformance.part"
  ((status != 0)) && return $status
  return $failures
}
export -f conformance
for precision in fp32 tf32 bf16 fp16; do
  in_precision $precision || continue
  have tandem_conformance &&
    check conformance "conformance-$precision" bash -c 'conformance "$@"' conformance $precision
  have tandem_device_check &&
    check session "session-$precision" "$here/bin/tandem_device_check" --device "$device" --precision $precision \
      --json "$out/session-$precision.json"
  have tandem_golden && [[ -d $here/golden ]] &&
    check golden "golden-$precision" "$here/bin/tandem_golden" --device "$device" --precision $precision \
      --fixtures "$here/golden"
done
if have tandem; then
  train_twice() {  # the same run twice: every loss must be equal, to the last the weights lead to
    local work
    work=$(mktemp -d)
    "$here/bin/tandem" new --template 'Two spirals' -o "$work/p.tandem" || return 1
    for run in a b; do
      "$here/bin/tandem" train "$work/p.tandem" --device "$device" --epochs 5 --out "$work/$run" --json >"$work/$run.json" ||
        { cat "$work/$run.json"; return 1; }
      grep -E '"event":"(epoch|summary)"' "$work/$run.json" | grep -oE '"(loss|accuracy|test_[a-z]+)":[^,}]*' \
        >"$work/$run.result"
    done
    cmp "$work/a.result" "$work/b.result" &&
      echo "twice the same $(wc -l <"$work/a.result") figures, the last $(tail -n 1 "$work/a.result")" || return 1
    rm -rf "$work"
  }
  export -f train_twice
  check determinism train-twice bash -c train_twice

  twin() {  # TEMPLATE STEPS BOUND SIDE: real images, dropout on, beside the CPU in fp32. BOUND: of the losses, relative
    local project name
    project=$out/twin.tandem
    name=$(tr -c 'a-z0-9\n' - <<<"$4-$2-${#1}")
    "$here/bin/tandem" new --template "$1" --force -o "$project" || return 1
    sed -i "s#builtin:fashion-mnist#$here/data/fashion-mnist#" "$project"
    "$here/bin/tandem" twin "$project" --side cpu --side "$4" --lock-step --steps "$2" --every 50 --within "$3" \
      --report "$out/twin-$name.html" --record "$out/twin-$name.tandemtwin"
  }
  # Two right programs that only round differently drift apart, each step's difference being the next one's start: over
  # 100 steps two kernels of one CPU do so by 1e-2 and more. The device may go four times as far.
  drift() {  # TEMPLATE
    local apart=() side
    for side in cpu,avoid=onednn "$device"; do
      apart+=("$(twin "$1" 100 1000 "$side" | sed -n 's/.*losses of 100 steps differ by at most \([^ ]*\).*/\1/p')")
    done
    echo "after 100 steps losses are up to ${apart[1]} apart, those of two kernels of the CPU ${apart[0]}"
    awk -v control="${apart[0]}" -v device="${apart[1]}" \
      'BEGIN { exit !(control != "" && device != "" && device + 0 <= 4 * control + 1e-3) }'
  }
  export -f twin drift
  if [[ -d $here/data/fashion-mnist ]]; then
    for template in 'Fashion-MNIST CNN' 'Fashion-MNIST CNN with batch norm'; do
      short=$([[ $template == *norm ]] && echo bn || echo cnn)
      check twin "twin-$short-fp32" bash -c 'twin "$@"' twin "$template" 20 1e-3 "$device,fp32"
      check twin "twin-$short-drift" bash -c 'drift "$@"' drift "$template"
      check twin "twin-$short-tf32" bash -c 'twin "$@"' twin "$template" 20 0.05 "$device,tf32"
      check twin "twin-$short-bf16" bash -c 'twin "$@"' twin "$template" 20 0.2 "$device,bf16"
      check twin "twin-$short-fp16" bash -c 'twin "$@"' twin "$template" 20 0.1 "$device,fp16"
    done
  fi
fi
sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null)
if [[ -n $sanitizer ]] && have tandem_conformance; then  # many times slower: one op of each kind of access
  for tool in memcheck racecheck; do
    check memory "memory-$tool" "$sanitizer" --tool $tool --error-exitcode 9 "$here/bin/tandem_conformance" \
      --device "$device" --op 'add|matmul|batch_norm.*|pool2d.*|softmax_cross_entropy'
  done
fi
have tandem_conformance && check perf support "$here/bin/tandem_conformance" --device "$device" --mode support
for precision in fp32 tf32 bf16 fp16; do
  in_precision $precision && have tandem_conformance || continue
  check perf "bandwidth-$precision" "$here/bin/tandem_conformance" --device "$device" --mode bandwidth \
    --precision $precision
  check perf "perf-$precision" "$here/bin/tandem_conformance" --device "$device" --mode perf --threads 0 \
    --precision $precision
done
bench() {  # NAME PRECISION SECONDS OPTIONS...: each row is written when it is measured
  local name=$1 precision=$2 seconds=$3
  shift 3
  python3 "$here/bench/run.py" --build "$here" --device "$device" --python "$(command -v python3)" \
    --precision "$precision" --within "$seconds" --json "$out/$name-$precision.json" "$@"
}
export -f bench
if have tandem_bench && { wanted bench || wanted large; } && timeout 60 python3 -c 'import torch' 2>/dev/null; then
  for precision in bf16 tf32 fp32; do  # PyTorch's mixed precision is bf16
    in_precision $precision || continue
    longest=$within check bench "bench-$precision" bash -c 'bench "$@"' bench bench $precision $((within < 600 ? 200 : 1200)) --only '^(?!resnet50|wide)'
    longest=$within check large "large-$precision" bash -c 'bench "$@"' large large $precision $((within < 600 ? 400 : 3000)) \
      --only '^(resnet50|wide)' --patience 400
  done
fi

save
echo "details: $out"
exit $failed
