#!/usr/bin/env bash
# Counts the tests that were skipped because a part is missing here, and why. A test that skips appends a line to the
# file named by VIVA_SKIPPED; `report` prints the last line of `make test`.
set -euo pipefail
file=${VIVA_SKIPPED:-target/skipped.txt}
case ${1:-} in
  reset) mkdir -p "$(dirname "$file")"; : >"$file" ;;
  report)
    if [ -s "$file" ]; then
      sort "$file" | uniq -c | sed 's/^ *\([0-9]*\) /  \1 skipped: /'
      echo "viva: every test passed, $(wc -l <"$file") skipped (see above)"
    else
      echo "viva: every test passed, 0 skipped"
    fi ;;
  *) sed -n '2,3s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
