#!/usr/bin/env bash
# The headless bundle from its archive, in another folder and without the environment of the build: its programs run
# with its own libraries, and its verify.sh verifies a device.
# Usage: bundle_test.sh BUILD_FOLDER
set -euo pipefail
installer=$(cd "$(dirname "$0")/../../installer" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$installer/bundle.sh" "$1" "$work/made/tandem-headless"
mkdir "$work/elsewhere"
tar -C "$work/elsewhere" -xJf "$work/made/tandem-headless.tar.xz"
rm -rf "$work/made"
bundle=$work/elsewhere/tandem-headless
bare() { env -i PATH=/usr/bin:/bin HOME="$work" TMPDIR="$work" "$@"; }

# Backends are loaded from the bundle, and what they need from its lib/.
bare "$bundle/bin/tandem" devices | tee "$work/devices"
grep -q '^cpu' "$work/devices"
missing=$(bare ldd "$bundle"/bin/tandem* | grep 'not found' || true)
[[ -z $missing ]] || { echo "Libraries are missing: $missing" >&2; exit 1; }
# What the loader opens, since a plugin finds its libraries by the program's search path, which ldd does not know.
bare env LD_DEBUG=libs "$bundle/bin/tandem" devices 2>"$work/libraries" >&2
for library in libhdf5 libsqlite3 libdnnl; do
  grep "calling init: .*$library" "$work/libraries" >"$work/found" && ! grep -vF "$bundle/" "$work/found" ||
    { echo "$library does not come from the bundle" >&2; exit 1; }
done

bare "$bundle/verify.sh" cpu --only determinism
python3 - "$bundle/verify-cpu/verify.json" <<'PY'
import json, sys
checks = json.load(open(sys.argv[1]))["checks"]
assert [check["check"] for check in checks] == ["train-twice"] and checks[0]["ok"], checks
PY
