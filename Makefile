# make demo    restores a dump over a database that has lived on by itself, and compares every row
# make test    everything that must pass; what CI runs
# make lint    format, clippy and documentation alone
# make cuts    the scripts cut at every byte, which takes most of an hour; `make test` leaves out some inside the fixed texts
# make product every shape of dump in every style with every update policy, which takes half an hour; `make test` takes pairs
# make cascade random schemas and conditions by the thousand, which takes half an hour; `make test` takes some hundreds
# make merges  random schemas merged into random targets by the thousand, which takes an hour; `make test` takes some hundreds
# make mappings  random copies under permuted keys by the thousand, which takes half an hour; `make test` takes two hundred
# make races   scripts at once with applications and with each other, in some hundreds of interleavings each; `make test` takes a few
# make versions ROOTS="DIR DIR"
#              dumps of other major versions of PostgreSQL, and dumps for them, and the merge's own tests on each; each DIR is the
#              root of a Debian that has one, unpacked
# make windows builds for Windows and runs it under Wine (as root; fetches 350 MB): docs/windows.md
# make bench   the benchmarks
# make fuzz    every fuzz target for FUZZ_SECONDS each (needs cargo-fuzz)
#
# `setup` installs missing Debian packages when root, and says what is missing otherwise.

CARGO ?= cargo
FUZZ_SECONDS ?= 60

.PHONY: demo test cuts product cascade merges mappings races versions windows bench fuzz lint clean setup test-rust test-node test-example test-python
.DEFAULT_GOAL := test
.NOTPARALLEL:

setup:
	@sh testkit/setup.sh

demo:
	@examples/demo/run.sh

test: lint test-rust test-node test-example test-python

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --all-features --no-deps

# After lint, so that the runners' own summaries come last.
test-rust: lint
	$(CARGO) test --workspace --all-features

# The library is that of the profile `quick`; what it does is the same.
test-node: test-rust
	@sh testkit/setup.sh node
	cd bindings-node && npm ci && npm run build:quick && npm test

# Two servers of the example, and a browser. `npm ci` copies the package that was just built.
test-example: test-node
	@sh testkit/setup.sh example
	cd examples/nextjs-initial-load && npm ci && npm test

# The wheel is built in a profile that takes half a minute, into an environment that holds what requirements-dev.txt says.
# The program it is compared with comes from the same build, so that nothing is compiled twice. With the feature `testing` the
# tests can make the engine panic.
python := bindings-python/.venv
wheels := $(or $(CARGO_TARGET_DIR),target)/python-wheels
$(python)/ready: bindings-python/requirements-dev.txt | setup
	python3 -m venv --clear $(python)
	$(python)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

test-python: $(python)/ready
	$(CARGO) build --profile quick --package dumpsert-python --package dumpsert --features dumpsert/cli --bin dumpsert
	rm -rf $(wheels)
	$(python)/bin/maturin build --quiet --locked --profile quick --features testing --manifest-path bindings-python/Cargo.toml --out $(wheels)
	$(python)/bin/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall $(wheels)/*.whl
	cd bindings-python && .venv/bin/pytest

cuts: setup
	DUMPSERT_CUT=all $(CARGO) test --package dumpsert --features cli --test pg -- cut:: cut_dumps::

product: setup
	DUMPSERT_PRODUCT=all $(CARGO) test --package dumpsert --features cli --test pg -- product:: --nocapture

CASES ?= 3000
cascade: setup
	DUMPSERT_CASES=$(CASES) DUMPSERT_CONDITIONS=all $(CARGO) test --package dumpsert --features cli --lib --test pg -- \
		cascade:: condition:: conditions:: --nocapture

merges: setup
	DUMPSERT_CASES=$(CASES) $(CARGO) test --package dumpsert --features cli --test pg -- merge::random:: --nocapture

mappings: setup
	DUMPSERT_CASES=$(CASES) $(CARGO) test --package dumpsert --features cli --test pg -- mapping::random:: --nocapture

races: setup
	DUMPSERT_CASES=300 $(CARGO) test --package dumpsert --features cli --test pg -- concurrent:: --nocapture

empty :=
versions: setup
	DUMPSERT_PG_ROOTS="$(subst $(empty) $(empty),:,$(strip $(ROOTS)))" \
		$(CARGO) test --package dumpsert --features cli --test pg -- versions:: --ignored --nocapture
	set -e; for root in $(ROOTS); do \
		DUMPSERT_PG_ROOT=$$root $(CARGO) test --package dumpsert --features cli --test pg -- merge:: concurrent:: restore::; \
	done

windows: setup
	@bash testkit/windows/run.sh

bench: setup
	$(CARGO) bench --workspace

# --sanitizer none: works on the stable toolchain, and there is no unsafe code to sanitize.
fuzz: setup
	@command -v cargo-fuzz >/dev/null || { echo 'Missing: cargo install --locked cargo-fuzz' >&2; exit 2; }
	sh fuzz/seed.sh
	set -e; for target in $$($(CARGO) fuzz list); do \
		$(CARGO) fuzz run --sanitizer none $$target -- -max_total_time=$(FUZZ_SECONDS) -dict=fuzz/sql.dict; \
	done

clean:
	$(CARGO) clean
	rm -rf fuzz/target fuzz/artifacts bindings-node/node_modules bindings-node/*.node bindings-node/native.* $(python) \
		examples/nextjs-initial-load/node_modules examples/nextjs-initial-load/.next
