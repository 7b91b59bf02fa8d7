#!/bin/bash
# Usage: long.sh BUILD [SECONDS]: repeats each fault for SECONDS (default 120).
set -eu
TANDEM_FAULT_SECONDS="${2:-120}" "$1/bin/tandem_faults"
