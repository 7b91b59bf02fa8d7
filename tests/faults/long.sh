#!/bin/bash
# Usage: long.sh BUILD [SECONDS]: each fault again and again for so long (default 120 s).
set -eu
TANDEM_FAULT_SECONDS="${2:-120}" "$1/bin/tandem_faults"
