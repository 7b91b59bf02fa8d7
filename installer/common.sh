# Shared by the commands of this folder: what has to be installed, and how the build is made. Sourced.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE  # they pin a slower kernel set than the processor has

# Debian packages by purpose. Names only; the system's own sources provide them.
build_packages=(
  g++ cmake ninja-build ccache                                    # compiler and build
  libeigen3-dev libdnnl-dev ocl-icd-libopencl1                    # CPU kernels
  libhdf5-dev libsqlite3-dev zlib1g-dev libpng-dev libjpeg-dev    # files
  nlohmann-json3-dev libcli11-dev libfmt-dev libspdlog-dev        # text, log
  dataset-fashion-mnist                                           # 70,000 images to train on
)
lab_packages=(
  qt6-base-dev qt6-qpa-plugins qt6-svg-dev                        # the window
  libqcustomplot-dev libqcustomplot2.1-qt6                        # plots
  libgl-dev libopengl-dev fonts-dejavu-core
)
test_packages=(
  libgtest-dev git libboost-context-dev
  python3 python3-numpy python3-torch                             # the golden tests' and benchmark's peer
  python3-statsmodels                                             # the sunspots of a template
  python3-venv                                                    # Keras, clang-format and clang-tidy, in separate environments
  xvfb xauth openbox xdotool imagemagick                          # the window, screenshots
)
fuzz_packages=(clang libclang-rt-dev libomp-dev)
package_packages=(
  lintian dpkg-dev                                                # packages and their checker
  desktop-file-utils appstream shared-mime-info man-db            # checkers of what a desktop reads
  qt6-wayland x11-utils                                           # for the portable lab and its test
)

say() { printf '\033[1m%s\033[0m\n' "$*"; }

# install_missing PURPOSE PACKAGE...: asks apt only for what is not there, with sudo when not root.
install_missing() {
  local purpose=$1 missing=() package
  shift
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  if ! command -v apt-get >/dev/null; then
    say "There is no apt-get here. Continuing with what is installed; $purpose needs: ${missing[*]}"
    return 0
  fi
  say "Installing what $purpose needs: ${missing[*]}"
  local apt=(apt-get)
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { echo "Not root and no sudo. As root, run: apt-get install ${missing[*]}" >&2; return 1; }
    apt=(sudo apt-get)
  fi
  local log=${TMPDIR:-/tmp}/tandem-apt.$$.log
  "${apt[@]}" update -qq >"$log" 2>&1 || true
  "${apt[@]}" install -y -qq --no-install-recommends "${missing[@]}" >>"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    echo "apt could not install them. Check the network and the package sources, then start again." >&2
    return 1
  }
  rm -f "$log"
}

# Compiled objects outlive the checkout, so that a fresh clone builds in seconds where one was built before.
export CCACHE_DIR=${CCACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tandem/ccache}
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-8G}
export DEBIAN_FRONTEND=noninteractive

# build PRESET [-DNAME=VALUE...] [TARGET...]: configures when needed, then builds. Without -D, the options that the build
# folder was configured with remain in force.
build() {
  local preset=$1 settings=()
  shift
  while [[ ${1:-} == -D* ]]; do settings+=("$1"); shift; done
  mkdir -p "$root/build"
  local log=$root/build/configure-$preset.log
  cmake -S "$root" --preset "$preset" "${settings[@]}" >"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    return 1
  }
  sed -n 's/^-- \(CUDA.*\)/\1/p' "$log" | grep 'GPU backend' || true  # whether there is one, in one line
  cmake --build "$root/build/$preset" -- "$@"
}
