# The two commands of the README, and what they need.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
VIVA := target/release/viva

.PHONY: run test demo drill bench peers build check-format lint unit devices docs content core packages-run packages-test clean-clone

# Sets up and starts everything: system packages, release build, speech model, daemon.
run: packages-run build
	@$(VIVA) setup

# Sets up and passes every test: format, clippy, tests, documentation, content.
test: packages-test check-format lint unit devices docs content
	@scripts/skipped.sh report

# One complete round with a synthetic voice: no microphone, key or download.
demo: packages-run build
	@$(VIVA) demo

# Speed and memory, as tables; docs/benchmarks.md says how to read them.
bench: packages-test
	cargo bench

# Judging against real LLM servers, built from packages into target/peers: opt-in, some twenty minutes and 1.2 GB the first time.
peers:
	@scripts/peers.sh test

build:
	cargo build --release --locked

check-format:
	cargo fmt --all --check

lint:
	cargo clippy --all-targets --locked -- -D warnings

unit:
	@scripts/skipped.sh reset
	cargo test --locked

# The tests that need a sound server: a virtual microphone and loudspeaker, no hardware.
devices:
	@scripts/device-tests.sh

# A whole pressure drill by a virtual microphone, hands-free: three minutes by the clock. VIVA_TRANSCRIPT=FILE keeps what happened.
drill: packages-test
	tests/virtual-mic.sh run env VIVA_TEST_MIC=1 cargo test --locked --test drill -- --nocapture

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items --locked

content:
	cargo run --quiet --locked -- check

# Without speech recognition and sound devices: neither cmake nor audio headers are needed.
core:
	cargo clippy --all-targets --no-default-features --locked -- -D warnings
	cargo test --no-default-features --locked

packages-run:
	@scripts/packages.sh run

packages-test:
	@scripts/packages.sh test
