#!/usr/bin/env bash
# Installs the system packages that Viva lacks. Names them first; asks nothing when not on a terminal.
#
#   scripts/packages.sh run     what building and practising need
#   scripts/packages.sh test    that, and what the tests need
set -euo pipefail

run=(build-essential cmake pkg-config libasound2-dev libasound2-plugins espeak-ng ca-certificates)
test=("${run[@]}" pulseaudio pulseaudio-utils chromium chromium-driver)

case ${1:-} in
  run) wanted=("${run[@]}") ;;
  test) wanted=("${test[@]}") ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

if [ "$(uname -s)" = Darwin ]; then
  for tool in cmake espeak-ng; do
    command -v "$tool" >/dev/null || echo "viva: $tool is missing: brew install $tool"
  done
  exit 0
fi
if ! command -v dpkg-query >/dev/null; then
  echo "viva: this is not Debian: please install what corresponds to: ${wanted[*]}"
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  # shellcheck disable=SC2016 # ${Status} is dpkg's own
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "viva: these system packages are missing and will be installed: ${missing[*]}"
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "viva: run as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
if [ -t 0 ] && [ "${CI:-}" != true ]; then
  read -r -p "Install them now? [Y/n] " reply
  case $reply in [nN]*) echo "viva: not installed; install them by hand and try again" >&2; exit 1 ;; esac
fi
export DEBIAN_FRONTEND=noninteractive
if ! "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
  # Old package lists are the usual reason.
  "${as_root[@]}" apt-get update -qq || true
  "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" || {
    echo "viva: the packages could not be installed. Is there a network? By hand: apt-get install ${missing[*]}" >&2
    exit 1
  }
fi
