#!/usr/bin/env bash
# Creates the Python environment with the newest PyTorch, the benchmark's peer. It lies outside the checkout, so that
# each machine needs one only; CPU and CUDA have separate ones. --print prints the path of its python.
# Usage: installer/torch_env.sh [cpu|cuda] [--print]
# cpu (default): PyTorch's wheel alone. It is linked to a dozen NVIDIA libraries (2 GB to download, 4 GB
# on disk) and cannot be imported without them; stand-ins that report "no device" replace them.
# cuda: with all dependencies of the wheel, for a machine with a GPU.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
kind=cpu
[[ ${1:-} == cuda || ${1:-} == cpu ]] && { kind=$1; shift; }
env=${TANDEM_TORCH_ENV:-${XDG_CACHE_HOME:-$HOME/.cache}/tandem/torch-env-1-$kind}
[[ ${1:-} == --print ]] && { echo "$env/bin/python"; exit; }
[[ -f $env/complete ]] && exit
install_missing "torch.compile" python3-venv python3-dev g++ binutils  # it compiles for the processor at hand
say "Making the Python environment with PyTorch (for the benchmark): $env"
rm -rf "$env"
/usr/bin/python3 -m venv "$env"
pip=("$env/bin/pip" install --quiet --disable-pip-version-check)
if [[ $kind == cuda ]]; then
  "${pip[@]}" torch
else
  "${pip[@]}" filelock typing_extensions setuptools sympy networkx jinja2 fsspec numpy
  "${pip[@]}" --no-deps torch
  "$env/bin/python" "$root/installer/torch_stand_ins.py" "$env"
fi
"$env/bin/python" -c 'import torch; print("PyTorch", torch.__version__)'
touch "$env/complete"
