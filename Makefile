# The commands of the project. `make demo` and `make test` work on a fresh machine with Swift, git and make alone.

SWIFT ?= swift
PREFIX ?= $(HOME)/.local
DEMO_STORE ?= demo/shop.instar
RELEASE = .build/release/instar
APT_PACKAGES = liblmdb-dev libedit-dev zlib1g-dev tzdata pkg-config
BREW_PACKAGES = lmdb libedit pkgconf
SOURCES = Package.swift Sources Tests

.PHONY: demo test verify soak coverage fuzz build setup lint format install bench clean

## A sample shop and a tour of ten sentences.
demo: build
	@mkdir -p $(dir $(DEMO_STORE))
	@$(RELEASE) demo $(DEMO_STORE)

## All tests, optimised as the product is: one build serves both.
test: setup
	$(SWIFT) build -c release --build-tests
	$(SWIFT) test -c release --skip-build

TRUST = InstarTrustTests|BlockEncodingTests

## What stands for trust in the store, in its full form, and a minute of fuzzing for each reader of foreign bytes.
verify: setup
	$(SWIFT) build -c release --build-tests
	INSTAR_STATES=10000 INSTAR_STRIDE=1 INSTAR_KILLS=500 INSTAR_READERS=4 INSTAR_COMMITS=1000 INSTAR_SEEDS=20 \
	INSTAR_OPERATIONS=20000 INSTAR_FLIPS=5000 INSTAR_ROUNDS=16 INSTAR_QUESTIONS=4000 INSTAR_CHURN=60 \
	  $(SWIFT) test -c release --skip-build --filter '$(TRUST)'
	bash Tests/Fuzz/run.sh $(or $(SECONDS_EACH),60)

## The same in hours.
soak: setup
	$(SWIFT) build -c release --build-tests
	INSTAR_STATES=200000 INSTAR_STRIDE=1 INSTAR_KILLS=5000 INSTAR_READERS=4 INSTAR_COMMITS=20000 INSTAR_SEEDS=200 \
	INSTAR_OPERATIONS=20000 INSTAR_FLIPS=50000 INSTAR_ROUNDS=200 INSTAR_QUESTIONS=40000 INSTAR_CHURN=600 \
	  $(SWIFT) test -c release --skip-build --filter '$(TRUST)'
	bash Tests/Fuzz/run.sh $(or $(SECONDS_EACH),1800)

## The share of lines that tests run in the store and in the language: at least 90 of 100 each.
coverage: setup
	$(SWIFT) test --enable-code-coverage --scratch-path .build-coverage \
	  --filter 'InstarStorageTests|InstarSyntaxTests|InstarTrustTests|InstarTests'
	bash Tests/coverage.sh .build-coverage 90 InstarStorage InstarSyntax

## A minute of fuzzing for each reader of foreign bytes; SECONDS_EACH=1800 for half an hour.
fuzz: setup
	bash Tests/Fuzz/run.sh $(or $(SECONDS_EACH),60)

build: setup
	$(SWIFT) build -c release --product instar

## Installs the C libraries where they are missing: LMDB, libedit and zlib, and the time zones.
setup:
	@if pkg-config --exists lmdb libedit zlib 2>/dev/null && [ -e /usr/share/zoneinfo/Europe/Paris ]; then \
	  exit 0; \
	elif command -v apt-get >/dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then run=; else run=sudo; fi; \
	  echo "installing $(APT_PACKAGES) with apt-get"; \
	  $$run apt-get update -q && $$run env DEBIAN_FRONTEND=noninteractive apt-get install -qy $(APT_PACKAGES); \
	elif command -v brew >/dev/null; then \
	  echo "installing $(BREW_PACKAGES) with brew"; \
	  brew install $(BREW_PACKAGES); \
	else \
	  echo "install these first, with their headers: LMDB, libedit, zlib, pkg-config, tzdata" >&2; exit 1; \
	fi

lint:
	$(SWIFT) format lint --strict --configuration .swift-format --recursive $(SOURCES)

format:
	$(SWIFT) format format --in-place --configuration .swift-format --recursive $(SOURCES)

install: build
	install -d $(PREFIX)/bin
	install -m 755 $(RELEASE) $(PREFIX)/bin/instar
	@echo "installed $(PREFIX)/bin/instar"

## Speed beside DuckDB and ClickHouse on the same log; EVENTS=10000000 for ten million.
bench: build
	bash Benchmarks/run.sh $(or $(EVENTS),1000000)

clean:
	rm -rf .build demo
