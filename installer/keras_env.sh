#!/usr/bin/env bash
# Makes the Python environment in which the export tests open our files with real Keras, outside the
# checkout so that it is made once a machine. Prints its python's path with --print.
set -euo pipefail
env=${TANDEM_KERAS_ENV:-${XDG_CACHE_HOME:-$HOME/.cache}/tandem/keras-env-1}
[[ ${1:-} == --print ]] && { echo "$env/bin/python"; exit; }
[[ -f $env/complete ]] && exit
echo "Making the Python environment with Keras (for the export tests): $env"
rm -rf "$env"
/usr/bin/python3 -m venv "$env"
"$env/bin/pip" install --quiet --disable-pip-version-check keras jax h5py
touch "$env/complete"
