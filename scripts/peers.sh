#!/usr/bin/env bash
# Real servers to test against, made from packages: the llama.cpp server with a model of random weights, and the LiteLLM proxy.
#
#   peers.sh build        fetches and compiles what is not there yet, into target/peers (about 1.2 GB); JOBS=n, else all cores
#   peers.sh run CMD...   starts them on free ports, runs CMD with VIVA_PEERS_* set, stops them; exits with CMD's code
#   peers.sh test         build, then the tests of tests/it/peers.rs
#
# Only `build` needs a network: one source package (77 MB) and the proxy with what it depends on, by the pip of this machine.
# Nothing of it is needed to build, run or test viva itself. Remove target/peers to be rid of all of it.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD/target/peers
source_version=0.3.36
source_sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e
proxy_version=1.106.2
server=$here/llama/bin/llama-server
proxy=$here/proxy/bin/litellm
sources=$here/llama_cpp_python-$source_version/vendor/llama.cpp

need() { command -v "$1" >/dev/null || { echo "viva: the real peers need $1" >&2; exit 1; }; }

fetch_sources() {
  [ -d "$sources" ] && return
  local package=$here/download/llama_cpp_python-$source_version.tar.gz
  python3 -m venv "$here/fetch"
  "$here/fetch/bin/pip" download --quiet --no-deps --no-binary :all: --dest "$here/download" "llama-cpp-python==$source_version" ||
    "$here/fetch/bin/pip" download --quiet --no-deps --dest "$here/download" "llama-cpp-python==$source_version"
  echo "$source_sha256  $package" | sha256sum --check --quiet
  tar xzf "$package" -C "$here"
}

# -O1 and none of the parts that are not asked here: half the time, and the weights are tiny. No page: it would be fetched.
build_server() {
  [ -x "$server" ] && return
  fetch_sources
  cmake -S "$sources" -B "$here/llama" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS_RELEASE="-O1 -DNDEBUG" -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" -DBUILD_SHARED_LIBS=OFF \
    -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF \
    -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
    -DLLAMA_BUILD_NUMBER=0 >"$here/configure.log"
  cmake --build "$here/llama" --target llama-server --parallel "${JOBS:-$(nproc)}"
}

build_proxy() {
  [ -x "$proxy" ] && return
  python3 -m venv "$here/proxy"
  "$here/proxy/bin/pip" install --quiet "litellm[proxy]==$proxy_version"
}

build() {
  need python3; need cmake; need c++
  mkdir -p "$here"
  build_server
  build_proxy
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Waits until a server answers: address, its process, its log.
await() {
  for _ in $(seq 600); do
    kill -0 "$2" 2>/dev/null || break
    python3 - "$1" 2>/dev/null <<'PY' && return
import sys, urllib.request
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(sys.argv[1], timeout=2)
PY
    sleep 0.2
  done
  echo "viva: $1 does not answer:" >&2
  tail -20 "$3" >&2
  exit 1
}

run() {
  [ -x "$server" ] && [ -x "$proxy" ] || { echo "viva: first scripts/peers.sh build" >&2; exit 1; }
  logs=$(mktemp -d)
  started=()
  trap 'for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$logs"' EXIT
  python3 scripts/peers/tiny_model.py "$logs/tiny.gguf"
  local llama thinking litellm common
  llama=$(free_port) thinking=$(free_port) litellm=$(free_port)
  # A token is a letter to this model: 32768 hold a concept question with its rubric, and no design question.
  common=(-m "$logs/tiny.gguf" --host 127.0.0.1 --alias tiny-random -c 32768 -t 1 -np 1 --no-warmup)
  "$server" "${common[@]}" --api-key peer-key --port "$llama" >"$logs/llama" 2>&1 & started+=($!)
  await "http://127.0.0.1:$llama/health" "${started[0]}" "$logs/llama"
  # The same without a key, with a template of a model that thinks first.
  "$server" "${common[@]}" --port "$thinking" --jinja --chat-template-file "$sources/models/templates/Qwen3.5-4B.jinja" \
    --reasoning-format deepseek --reasoning-budget 40 >"$logs/thinking" 2>&1 & started+=($!)
  await "http://127.0.0.1:$thinking/health" "${started[1]}" "$logs/thinking"
  python3 scripts/peers/proxy_config.py "$logs/proxy.yaml" "http://127.0.0.1:$llama" peer-key
  # A folder and a home of its own, and the list of prices that came with it: it asks nobody.
  (cd "$logs" && exec env HOME="$logs" LITELLM_LOCAL_MODEL_COST_MAP=True NO_DOCS=True DISABLE_ADMIN_UI=True \
    "$proxy" --config "$logs/proxy.yaml" --host 127.0.0.1 --port "$litellm") >"$logs/litellm" 2>&1 & started+=($!)
  await "http://127.0.0.1:$litellm/health/liveliness" "${started[2]}" "$logs/litellm"
  VIVA_PEERS_LLAMA=$llama VIVA_PEERS_THINKING=$thinking VIVA_PEERS_LITELLM=$litellm "$@"
}

case ${1:-} in
  build) build ;;
  run) shift; run "$@" ;;
  test) build; run cargo test --locked --test it peers:: -- --test-threads=1 ;;
  *) sed -n '2,9p' "$0" | sed 's/^# \{0,1\}//'; exit 2 ;;
esac
