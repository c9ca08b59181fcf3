#!/usr/bin/env bash
# virtual-mic.sh - a sound server without hardware, for real microphone tests.
#
#   virtual-mic.sh up            start (idempotent); prints "export NAME=VALUE" lines
#   virtual-mic.sh env           print the export lines again
#   virtual-mic.sh play F.wav    play F.wav INTO the virtual microphone (blocks until done)
#   virtual-mic.sh heard F.wav S record S seconds of what went to the virtual speaker
#   virtual-mic.sh unplug|replug remove / bring back the microphone while running
#   virtual-mic.sh status        server, sinks, sources, who records and plays
#   virtual-mic.sh run CMD...    up, run CMD with the environment set, down; exit with CMD's code
#                                (VIVA_TEST_MIC=1 is set too, which tests/mic.rs asks for)
#   virtual-mic.sh down          stop what `up` started, nothing else
#
# What it makes: a private PulseAudio daemon with its own socket, its own
# runtime and state folder, and its own ALSA configuration, so a sound server that
# the machine already has is neither used nor touched.
#
#   sink   vmic_in   null sink; play into it to "speak"
#   source vmic      remap of vmic_in.monitor; the default source = the microphone
#   sink   vspk      null sink; the default sink = the interviewer's voice
#   source vspk.monitor  what the speaker played
#
# Two sinks, so the interviewer's voice never leaks into the microphone. For an
# echo test, connect them: pactl load-module module-loopback source=vspk.monitor sink=vmic_in
#
# Needs (Debian 12): pulseaudio pulseaudio-utils, and for clients that speak ALSA
# (cpal's default host) libasound2-plugins.  Runs as root or as a user.
# Settings: VMIC_DIR (default ${TMPDIR:-/tmp}/virtual-mic.$UID), VMIC_RATE (48000),
# VMIC_CHANNELS (1 for the microphone).
set -euo pipefail

DIR=${VMIC_DIR:-${TMPDIR:-/tmp}/virtual-mic.$(id -u)}
RATE=${VMIC_RATE:-48000}
CH=${VMIC_CHANNELS:-1}
SOCK=$DIR/native
PIDFILE=$DIR/daemon.pid

die() { echo "virtual-mic: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing: apt-get install -y --no-install-recommends pulseaudio pulseaudio-utils libasound2-plugins"; }
pa() { env PULSE_SERVER="unix:$SOCK" PULSE_COOKIE="$DIR/cookie" PULSE_RUNTIME_PATH="$DIR/runtime" PULSE_STATE_PATH="$DIR/state" "$@"; }

daemon_pid() { # prints the pid only if it is still the daemon that `up` started
  local p
  [ -s "$PIDFILE" ] || return 1
  p=$(cat "$PIDFILE")
  [ -r "/proc/$p/cmdline" ] || return 1
  tr '\0' ' ' <"/proc/$p/cmdline" | grep -qF -- "$DIR/vmic.pa" || return 1
  echo "$p"
}
alive() { daemon_pid >/dev/null && pa timeout 5 pactl info >/dev/null 2>&1; }

print_env() {
  cat <<EOF
export PULSE_SERVER=unix:$SOCK
export PULSE_COOKIE=$DIR/cookie
export PULSE_RUNTIME_PATH=$DIR/runtime
export PULSE_STATE_PATH=$DIR/state
export ALSA_CONFIG_PATH=$DIR/asound.conf
export VMIC_DIR=$DIR
export VIVA_TEST_MIC=1
EOF
}

load_mic() {
  pa pactl load-module module-remap-source source_name=vmic master=vmic_in.monitor \
    channels="$CH" remix=yes source_properties=device.description=VirtualMicrophone >/dev/null
  pa pactl set-default-source vmic
}

up() {
  need pulseaudio; need pactl
  if alive; then print_env; return; fi
  down_quiet
  mkdir -p "$DIR/runtime" "$DIR/state"; chmod 700 "$DIR" "$DIR/runtime" "$DIR/state"
  # ALSA: system definitions first (plugins live there), then our default.
  {
    [ -e /usr/share/alsa/alsa.conf ] && echo "</usr/share/alsa/alsa.conf>"
    cat <<EOF
pcm.!default { type pulse server "unix:$SOCK" }
ctl.!default { type pulse server "unix:$SOCK" }
EOF
  } >"$DIR/asound.conf"
  cat >"$DIR/vmic.pa" <<EOF
.fail
load-module module-native-protocol-unix socket=$SOCK auth-anonymous=1
load-module module-null-sink sink_name=vspk rate=$RATE channels=2 sink_properties=device.description=VirtualSpeaker
load-module module-null-sink sink_name=vmic_in rate=$RATE channels=$CH sink_properties=device.description=VirtualMicrophoneInput
load-module module-remap-source source_name=vmic master=vmic_in.monitor channels=$CH remix=yes source_properties=device.description=VirtualMicrophone
set-default-sink vspk
set-default-source vmic
EOF
  # -n: no default script, so no hardware, D-Bus or udev modules. --realtime/--high-priority
  # off: they need rights that a CI container lacks.
  PULSE_RUNTIME_PATH=$DIR/runtime PULSE_STATE_PATH=$DIR/state PULSE_COOKIE=$DIR/cookie \
    setsid pulseaudio -n --file="$DIR/vmic.pa" --daemonize=no --exit-idle-time=-1 \
    --resample-method=speex-float-5 --disallow-exit=no --use-pid-file=no --realtime=no --high-priority=no --disable-shm=yes \
    --log-target=file:"$DIR/pulse.log" --log-level=notice \
    </dev/null >"$DIR/stdout.log" 2>&1 &
  echo $! >"$PIDFILE"
  for _ in $(seq 100); do
    if alive && pa pactl list short sources | grep -q $'\tvmic\t'; then print_env; return; fi
    daemon_pid >/dev/null || break
    sleep 0.1
  done
  cat "$DIR/pulse.log" "$DIR/stdout.log" >&2 2>/dev/null || true
  down_quiet
  die "PulseAudio did not come up"
}

down_quiet() {
  local p
  if p=$(daemon_pid); then
    kill "$p" 2>/dev/null || true
    for _ in $(seq 50); do [ -d "/proc/$p" ] || break; sleep 0.1; done
    [ -d "/proc/$p" ] && kill -9 "$p" 2>/dev/null || true
  fi
  # only files that `up` made, and only in a folder that `up` made
  if [ -e "$DIR/vmic.pa" ]; then rm -rf -- "$DIR"; fi
}

cmd=${1:-}; [ $# -gt 0 ] && shift
case $cmd in
  up) up ;;
  env) alive || die "not running"; print_env ;;
  down) down_quiet ;;
  play) alive || die "not running"; pa paplay --device=vmic_in "$1" ;;
  heard) alive || die "not running"
    pa timeout --preserve-status "$2" parecord --device=vspk.monitor --file-format=wav --rate="$RATE" --channels=1 "$1" || true ;;
  unplug) alive || die "not running"
    id=$(pa pactl list short modules | awk '/module-remap-source/ && /source_name=vmic/ {print $1}')
    [ -n "$id" ] && pa pactl unload-module "$id" ;;
  replug) alive || die "not running"
    pa pactl list short sources | grep -q $'\tvmic\t' || load_mic ;;
  status) alive || die "not running"
    pa pactl info | grep -E 'Server Name|Default S'
    for k in sinks sources source-outputs sink-inputs; do echo "-- $k"; pa pactl list short $k; done ;;
  run) [ $# -gt 0 ] || die "run needs a command"
    started=no; alive || started=yes
    eval "$(up)"
    rc=0; "$@" || rc=$?
    [ $started = yes ] && down_quiet
    exit $rc ;;
  *) sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
esac
