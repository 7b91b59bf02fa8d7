#!/usr/bin/env bash
# Tests installer/verify.sh with fake programs in place of the bundle's: a check that fails, crashes or hangs, or a
# lost device, must neither stop the other checks nor prevent the summary.
# Usage: verify_test.sh VERIFY_SH
set -uo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/golden"
cp "$1" "$work/verify.sh"
program() { cat >"$work/bin/$1" && chmod +x "$work/bin/$1"; }

program tandem <<'SH'
#!/bin/bash
[[ $1 == devices ]] && { echo 'note tiny: steps are slow'; echo 'says "quoted" and \ slashed'; exit 0; }
kill -SEGV $$
SH
# Loses the device in fp32 at the first op; the remaining ops pass. Every other precision passes.
program tandem_conformance <<'SH'
#!/bin/bash
echo "$@" >>"$(dirname "$0")/../asked"
if [[ $* == *'fp32'*'.*'* ]]; then
  echo "FAIL add/odd cuda 0 threads: cudaStreamSynchronize: an illegal memory access"
  echo "3 checks passed, 1 failed"
  echo "the device was lost; not checked: cast|copy"
  exit 3
fi
echo "9 checks passed, 0 failed"
SH
program tandem_device_check <<'SH'
#!/bin/bash
echo "begins"
sleep 60
SH
program tandem_golden <<'SH'
#!/bin/bash
echo "all equal"
SH

begin=$SECONDS
TANDEM_VERIFY_OUT=$work/out "$work/verify.sh" cuda:0 --within 8 --only conformance --only session --only golden \
  >"$work/table" 2>/dev/null
status=$?
spent=$((SECONDS - begin))
problems=0
expect() { # DESCRIPTION COMMAND...
  local what=$1
  shift
  "$@" >/dev/null || { echo "failed: $what"; problems=1; }
}
expect "the exit status reports the failure" test "$status" -eq 1
expect "the script ends in time" test "$spent" -le 30
expect "a passing check is listed" grep -Eq '^ok +devices' "$work/table"
expect "a crash is reported" grep -Eq '^FAIL doctor .*ended by signal 11' "$work/table"
expect "losing the device fails the check" grep -Eq '^FAIL conformance-fp32' "$work/table"
expect "the cause of the loss is shown" grep -q 'illegal memory access' "$work/table"
expect "a note of a passing check is shown" grep -q '^ *note tiny: steps are slow' "$work/table"
expect "the remaining ops run in another process" grep -q -- '--op cast|copy' "$work/asked"
expect "a hanging check is stopped" grep -Eq '^FAIL session-fp32 .*stopped after .*begins' "$work/table"
expect "checks skipped for lack of time are listed" grep -Eq '^FAIL conformance-fp16 .*no time is left' "$work/table"
expect "the summary is valid and complete" python3 - "$work/out/verify.json" <<'PY'
import json, sys
checks = {c["check"]: c["ok"] for c in json.load(open(sys.argv[1]))["checks"]}
assert checks["devices"] and not checks["doctor"] and not checks["session-fp32"], checks
assert len(checks) == 14, checks
PY
((problems)) && cat "$work/table"
exit $problems
