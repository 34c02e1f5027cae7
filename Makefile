# Everything one does with Pinwheel from a clean clone: `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# What `make bench` measures with, and whatever else it should be told: make bench ARGS='--quick --workers 4'.
CONFIG ?= pinwheel.yaml
ARGS ?=
# Only the tests whose name matches: make test FILTER=JoinTests. The slower checks of the whole are left out then.
FILTER ?=

# How long `make soak` runs random programs, and `make fuzz` each of its targets.
MINUTES ?= 1
SECONDS_EACH ?= 60

# A command that hangs is ended after so many seconds, by the signal on which the package manager ends its children. In
# the foreground, so that a Ctrl-C reaches it.
SHORT := timeout --foreground --signal=INT --kill-after=10 300
LONG := timeout --foreground --signal=INT --kill-after=10 1200

SOURCES := git ls-files -z --cached --others --exclude-standard '*.swift' | xargs -0

.PHONY: help bench peers regress test verify soak fuzz explore qemu lint format docs benchmarks packages clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

bench: packages ## Build for speed and measure this machine (ARGS='--quick', CONFIG=pinwheel.yaml)
	$(LONG) swift build -c release --product pinwheel
	$(LONG) .build/release/pinwheel bench --config $(CONFIG) $(ARGS)

peers: packages ## Compare with other runtimes, side by side (ARGS='--quick --families fib')
	timeout --foreground --signal=INT --kill-after=10 9000 .ci/peers $(ARGS)

regress: packages ## Count instructions and allocations an operation, against limits (ARGS='join chunk')
	timeout --foreground --signal=INT --kill-after=10 2400 .ci/regress $(ARGS)

test: packages ## Build and run all tests and checks (FILTER=name: only those tests)
	$(LONG) swift build --build-tests
	$(LONG) swift test --skip-build $(if $(FILTER),--filter '$(FILTER)')
ifeq ($(FILTER),)
	$(SHORT) .ci/samples
	@if [ -x .ci/allocations ]; then echo $(LONG) .ci/allocations; $(LONG) .ci/allocations; fi
	@if [ -x .ci/lean-client ]; then echo $(LONG) .ci/lean-client; $(LONG) .ci/lean-client; fi
endif

verify: packages ## Prove the core: explorer, mutants, models, sanitizers, faults, AArch64, fuzzing (ARGS=--sampled)
	timeout --foreground --signal=INT --kill-after=10 3600 .ci/verify $(ARGS)

soak: packages ## Run random programs against a serial model of them (MINUTES=n)
	.ci/soak $(MINUTES)

fuzz: packages ## Fuzz queues and parsers, each target for a while (SECONDS_EACH=n)
	.ci/fuzz $(SECONDS_EACH)

explore: packages ## Explore the core's interleavings (ARGS='--client NAME --replay TOKEN')
	.ci/explore $(ARGS)

qemu: packages ## Boot a machine of 8 CPUs on two nodes; pins, cpusets, arenas and memory in it (ARGS=--self-check)
	timeout --foreground --signal=INT --kill-after=10 1500 .ci/qemu $(ARGS)

lint: ## Check the format of the Swift sources, and the rules of the house
	$(SOURCES) $(SHORT) swift format lint --strict
	$(SHORT) .ci/source-rules

format: ## Format the Swift sources
	$(SOURCES) $(SHORT) swift format --in-place

docs: packages ## Build the documentation, without warnings
	PINWHEEL_DOCUMENTATION=1 $(LONG) swift package generate-documentation --target Pinwheel --warnings-as-errors

benchmarks: packages ## Build the benchmarks, a package of their own (of the peers only our own), run their tests and the gate's
	$(SHORT) .ci/packages nettle-dev
	touch Benchmarks/Package.swift # or SwiftPM does not look for new files in a package by path
	$(LONG) swift build --build-tests --package-path Benchmarks --disable-default-traits
	$(SHORT) Benchmarks/build-peers pinwheel-c
	$(SHORT) swift test --skip-build --package-path Benchmarks --disable-default-traits
	$(SHORT) .ci/regress --test

packages: ## Install the system libraries that are missing
	@.ci/packages

clean: ## Remove everything that was built
	rm -rf .build .build-* Benchmarks/.build Benchmarks/.build-*
