#!/usr/bin/env bash
# The benchmark table. Usage: tests/bench/run.sh [--device cpu|cuda:0] [--only REGEX] [--json FILE] [--precision P]
#   [--case NAME:BATCH]... [--within SECONDS] [--variant PYTORCH_VARIANT]... ; see run.py --help for the rest.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build/release
for ((i = 1; i < $#; i++)); do [[ ${!i} == --build ]] && { j=$((i + 1)); build=${!j}; }; done
[[ -x $build/bin/tandem_bench ]] || { echo "Build first: installer/test.sh or cmake --build --preset release" >&2; exit 2; }
kind=cpu
[[ " $* " == *" --device cuda"* ]] && kind=cuda
python=$("$here/../../installer/torch_env.sh" $kind --print)
if [[ ! -f ${python%/bin/python}/complete ]]; then
  echo "The peer is Debian's PyTorch. For the newest: installer/torch_env.sh $kind" >&2
  python=/usr/bin/python3
fi
exec python3 "$here/run.py" --build "$build" --python "$python" "$@"
