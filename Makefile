# Two commands are all the set-up there is: `go run ./cmd/heliograph dev` and `make test`.

# Where goroutines meet. The race detector makes the others slower and finds nothing in them.
RACE_PACKAGES ?= ./internal/api/... ./internal/smpp/... ./internal/db/... ./internal/delivery/... ./internal/smsc/...
# How long each target is fuzzed: 10s by make test; make fuzz FUZZTIME=10m looks harder.
FUZZTIME ?= 10s
# Passed to the bench: make bench BENCH="-pairs 7 -seconds 20"
BENCH ?=
# Asked of the torture: make torture TORTURE="-runs 40 -seed 7"; docs/torture.md
TORTURE ?=

export RACE_PACKAGES FUZZTIME

NODE := tests/clients/node
TALLY := go run ./internal/house/tally

.PHONY: help build test test-race test-interop torture model mutate fuzz bench bench-accept bench-priority bench-postgres bench-lists bench-campaigns bench-peers bench-links bench-calls lint needs

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

build: ## bin/heliograph
	CGO_ENABLED=0 go build -trimpath -o bin/heliograph ./cmd/heliograph

test: needs lint $(NODE)/node_modules/.package-lock.json ## everything, on both databases; installs what is missing
	scripts/with-postgres scripts/test

test-race: needs $(NODE)/node_modules/.package-lock.json ## the same with the race detector on every package
	RACE_PACKAGES=./... scripts/with-postgres scripts/test

test-interop: ## our SMPP against Kannel
	scripts/needs kannel
	scripts/test-interop

torture: ## kills the server at random moments, on both databases, and prints what became of its messages
	scripts/needs postgresql
	HELIOGRAPH_TORTURE="$(TORTURE)" scripts/with-postgres go test -v -count 1 -timeout 0 -tags failpoint -run '^TestTorture$$' ./cmd/heliograph

model: ## random runs of what can happen to messages: make model MODEL=500
	scripts/needs postgresql
	scripts/with-postgres go test -v -count 1 -timeout 0 -run '^TestWhateverHappensThePromisesHold$$' ./internal/delivery -model $(or $(MODEL),100) -rapid.checks $(or $(MODEL),100)

mutate: ## switches mechanisms off, one at a time: the test that guards each must fail
	scripts/needs postgresql
	scripts/with-postgres go run ./internal/house/mutate $(MUTATE)

fuzz: ## each fuzz target for FUZZTIME
	scripts/fuzz $(FUZZTIME) | $(TALLY) -expect fuzz=$$(scripts/declared Fuzz | wc -l)

bench: ## how fast: the server beside a bare handler, on SQLite
	scripts/needs wrk
	go run ./bench/run $(BENCH)

bench-accept: ## accepting alone: the carrier is down
	scripts/needs wrk
	go run ./bench/run -down $(BENCH)

bench-priority: ## how long a queue of a million messages delays another at 200 segments a second
	scripts/needs postgresql
	scripts/with-postgres go test -v -count 1 -timeout 60m -run '^TestAQueueDelaysAnotherMessageByLessThanASecond$$' ./internal/delivery -waiting 1000000

bench-postgres: ## the same on PostgreSQL
	scripts/needs wrk postgresql
	scripts/with-postgres go run ./bench/run -postgres $(BENCH)

bench-lists: ## message/list at ten thousand and at ten million messages, on SQLite; BENCH="-of campaigns -many 1000000" or contacts
	go run ./bench/lists $(BENCH)

bench-campaigns: ## campaigns of a million beside single messages: imports, sending, cancelling; BENCH=-postgres
	scripts/needs wrk postgresql
	scripts/with-postgres go run ./bench/campaigns $(BENCH)

bench-links: ## redirects of ten million short links beside a bare one, and getStats, on SQLite; BENCH="-links 100000 -seconds 2"
	scripts/needs wrk
	go run ./bench/links $(BENCH)

bench-calls: ## an authenticated empty call, user/getOwnBalance, beside a bare handler; BENCH=-postgres
	scripts/needs wrk postgresql
	scripts/with-postgres go run ./bench/calls $(BENCH)

bench-peers: ## beside Kannel, in turn: same carrier, same receiver of callbacks
	scripts/needs wrk kannel postgresql
	scripts/with-postgres go run ./bench/peers $(BENCH)

lint: ## formatting and vet
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted by gofmt:" $$unformatted >&2; exit 1; }
	go vet ./...
	go vet -tags interop ./...
	go vet -tags failpoint ./...

needs:
	@scripts/needs cc postgresql node npm curl strace chromium

$(NODE)/node_modules/.package-lock.json: $(NODE)/package.json $(NODE)/package-lock.json
	cd $(NODE) && npm ci
	@touch $@
