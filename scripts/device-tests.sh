#!/usr/bin/env bash
# Runs the tests that need a sound server on a private one without hardware. With "mic" in VIVA_REQUIRE a missing part
# is a failure; elsewhere it is counted as skipped.
set -euo pipefail
cd "$(dirname "$0")/.."
export VIVA_SKIPPED=${VIVA_SKIPPED:-$PWD/target/skipped.txt}
required=",${VIVA_REQUIRE:-},"

lacks() {
  case $required in *,mic,*) echo "viva: $1, and VIVA_REQUIRE demands it" >&2; exit 1 ;; esac
  echo "the microphone tests: $1" | tee -a "$VIVA_SKIPPED"
  exit 0
}

command -v pulseaudio >/dev/null && command -v pactl >/dev/null || lacks "no sound server is installed (pulseaudio)"
command -v espeak-ng >/dev/null || lacks "espeak-ng is not installed"

export VMIC_DIR=${VMIC_DIR:-${TMPDIR:-/tmp}/virtual-mic.$$}
exec tests/virtual-mic.sh run env VIVA_TEST_MIC=1 cargo test --locked --test mic --test practice -- --test-threads=1
