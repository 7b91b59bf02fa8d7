#!/usr/bin/env bash
# Makes the Python environment with the formatter and the linter, outside the checkout so that it is made once
# per machine. Their versions are fixed here: on every distribution they write and find the same.
# Prints the folder of its programs with --print.
set -euo pipefail
env=${TANDEM_TOOLS_ENV:-${XDG_CACHE_HOME:-$HOME/.cache}/tandem/tools-env-1}  # raise the number with a version
[[ ${1:-} == --print ]] && { echo "$env/bin"; exit; }
[[ -f $env/complete ]] && exit
echo "Making the Python environment with clang-format and clang-tidy: $env"
rm -rf "$env"
/usr/bin/python3 -m venv "$env"
"$env/bin/pip" install --quiet --disable-pip-version-check clang-format==14.0.6 clang-tidy==22.1.8
# The programs themselves rather than the packages' Python wrappers, whose start takes longer than some files.
for name in clang-format clang-tidy; do
  ln -sf "$env"/lib/python3*/site-packages/"${name/-/_}/data/bin/$name" "$env/bin/$name"
done
touch "$env/complete"
