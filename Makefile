# The house's tasks; `make help` lists them. Two cores and no network but the module proxy are enough for test.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:

GO      ?= go
KAFKA   := integration/real-kafka/kafka
# Goroutines live here; the rest is pure and gains nothing from the race detector.
RACE    := ./app/... ./consumer/... ./dashboard/... ./labels/store/... ./cli/...
FUZZTIME ?= 20s
IMAGE   ?= hindsight:dev

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build dist/hindsight, static
	CGO_ENABLED=0 $(GO) build -trimpath -o dist/hindsight .

.PHONY: run
run: ## the demo: the whole loop on an embedded broker, live on http://127.0.0.1:8080
	$(GO) run . demo

.PHONY: lint
lint: ## gofmt, go vet and staticcheck, with the build tags too
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go'))
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags integration,browser ./integration
	$(GO) tool staticcheck ./...
	$(GO) tool staticcheck -tags integration,browser ./integration
	if [ "$$($(GO) env CGO_ENABLED)" = 0 ]; then echo "no C compiler: what has the tag onnx is not looked at"; exit; fi
	$(GO) vet -tags onnx ./scoring/model/onnx
	$(GO) tool staticcheck -tags onnx ./scoring/model/onnx

.PHONY: test
test: lint ## lint and every test that needs neither Docker nor Kafka
	$(GO) test -timeout 30m ./...

.PHONY: race
race: ## the packages with goroutines under the race detector
	$(GO) test -race -timeout 40m $(RACE)

.PHONY: simulation
simulation: ## four simulated weeks of crashes, pauses and refusals, in a minute (SIMULATION_SEED=n)
	$(GO) vet -tags synctests ./consumer
	$(GO) test -tags synctests -count 1 -timeout 9m -run Simulation -v ./consumer

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (20s); to minimise what is merely new would take most of it
	@for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file"); do
			echo "== $${file%/*} $$target"
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x "$${file%/*}"
		done
	done

.PHONY: foreign-python
foreign-python: ## a venv in dist/ with librdkafka and fastavro, for a program that is not ours
	@[ -x dist/foreign-python/bin/python ] || python3 -m venv dist/foreign-python
	dist/foreign-python/bin/pip install -q -r integration/foreign/requirements.txt

.PHONY: integration
integration: foreign-python ## a real Kafka by testcontainers (image: KAFKA_IMAGE; without a registry: integration/real-kafka/kafka image)
	$(GO) test -tags integration -count 1 -timeout 40m -v -skip '^TestBounds$$' ./integration

.PHONY: integration-kafka
integration-kafka: foreign-python ## the same against KAFKA_BROKERS, or a bare broker on port 19192 that is started for it
	@if [ -z "$${KAFKA_BROKERS:-}" ]; then
		dir=$$(mktemp -d)
		trap '$(KAFKA) clean "$$dir"' EXIT
		KAFKA_BROKERS=$$(KAFKA_PORT=19192 $(KAFKA) start "$$dir")
	fi
	KAFKA_BROKERS=$$KAFKA_BROKERS $(GO) test -tags integration -count 1 -timeout 40m -v -skip '^TestBounds$$' ./integration

.PHONY: poison
poison: ## a million bad messages among good ones: each is set aside once, as it was
	HINDSIGHT_POISON=1000000 $(GO) test -count 1 -timeout 30m -v -run TestPoison ./app

.PHONY: bounds
bounds: ## a huge backlog, a label flood, zstd bombs, a slow broker and a slow disk: memory stays below its bound, nothing is dropped: EVENTS=1000000
	@dir=$$(mktemp -d)
	trap '$(KAFKA) clean "$$dir"' EXIT
	KAFKA_BROKERS=$$(KAFKA_PORT=19192 $(KAFKA) start "$$dir") HINDSIGHT_BOUNDS=$(or $(EVENTS),1000000) \
		$(GO) test -tags integration -count 1 -timeout 60m -v -run TestBounds ./integration

.PHONY: million
million: ## a million events, two processes, kills, a lost disk; then nothing is missing and nothing twice
	HINDSIGHT_EVENTS=1000000 $(MAKE) integration-kafka-processes

.PHONY: integration-kafka-processes
integration-kafka-processes:
	@dir=$$(mktemp -d)
	trap '$(KAFKA) clean "$$dir"' EXIT
	KAFKA_BROKERS=$$(KAFKA_PORT=19192 $(KAFKA) start "$$dir") \
		$(GO) test -tags integration -count 1 -timeout 40m -v -run TestProcesses ./integration

.PHONY: torture
torture: ## break it in every way on a real Kafka and judge from the topics: ROUNDS=10 EVENTS=500000 SEED=n
	$(GO) run ./integration/torture -rounds $(or $(ROUNDS),10) -events $(or $(EVENTS),500000) $(if $(SEED),-seed $(SEED)) $(TORTURE)

.PHONY: torture-bugs
torture-bugs: ## plant eight bugs, one by one, and see which the same harness catches: SEED=n
	$(GO) run ./integration/torture -bugs $(if $(SEED),-seed $(SEED)) $(TORTURE)

# xgboost without the GPU's libraries that it wants. Below, one thread: two that wait for each other crawl on busy cores.
dist/python/complete: ops/python/requirements.txt
	python3 -m venv dist/python
	dist/python/bin/pip install -q --disable-pip-version-check -r ops/python/requirements.txt
	dist/python/bin/pip install -q --disable-pip-version-check --no-deps xgboost==3.2.0
	touch $@

.PHONY: python
python: build dist/python/complete ## bundles made of models fitted in Python load and score alike (a venv in dist/python)
	cd ops/python
	OMP_THREAD_LIMIT=1 HINDSIGHT=$(CURDIR)/dist/hindsight $(CURDIR)/dist/python/bin/python -B -m unittest -v

.PHONY: python-mlflow
python-mlflow: build dist/python/complete ## what mlflow itself saves of LightGBM and XGBoost is imported with their bits
	dist/python/bin/pip install -q --disable-pip-version-check mlflow-skinny==3.17.2
	cd ops/python
	OMP_THREAD_LIMIT=1 HINDSIGHT=$(CURDIR)/dist/hindsight $(CURDIR)/dist/python/bin/python -B -m unittest -v check_mlflow

.PHONY: demo-bundle
demo-bundle: build dist/python/complete ## train the demo's LightGBM bundle anew; the same rows give the same bytes
	dist/python/bin/python -B ops/python/car_loan.py app/demo/data/car_loan.csv.gz app/demo/lightgbm cli/testdata/car-loan-2.predictions.gz
	dist/hindsight model test app/demo/lightgbm

.PHONY: browser
browser: ## the page in a real Chromium
	$(GO) test -tags browser -count 1 -timeout 10m -v ./integration

.PHONY: picture
picture: build ## docs/page.png: the page when all of the demo has been read, by chromium
	@dist/hindsight demo --speed max --http 127.0.0.1:18080 >/dev/null &
	trap "kill $$!" EXIT
	until curl -fs http://127.0.0.1:18080/metrics >dist/metrics && grep -q '^hindsight_alarm_state.* 2$$' dist/metrics \
		&& grep -q '^hindsight_pending_scores.* 0$$' dist/metrics; do sleep 1; done
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,1190 --virtual-time-budget=8000 \
		--screenshot=docs/page.png http://127.0.0.1:18080/

.PHONY: figure-maturity
figure-maturity: ## docs/early-labels.svg: how far off early accuracy is; ELEC2=FILE adds the electricity data
	HINDSIGHT_FIGURE=$(CURDIR)/docs/early-labels.svg HINDSIGHT_ELEC2=$(ELEC2) $(GO) test -count=1 -run TestFigureOfEarlyLabels -v ./drift

.PHONY: bench
bench: ## CPU an event beside the raw copy of the same records, on a real Kafka
	$(GO) run ./bench

.PHONY: recovery
recovery: ## how JOIN comes back with PENDING (1000000) scores pending, with its disk and without, on a real Kafka
	$(GO) run ./bench -recovery -n $(or $(PENDING),1000000)

# The Python libraries that our answers are compared with; xgboost without the GPU's libraries that it wants.
TREES := dist/trees-python
$(TREES)/complete:
	python3 -m venv $(TREES)
	$(TREES)/bin/pip install -q --disable-pip-version-check lightgbm==4.7.0 numpy==2.4.6 scipy==1.17.1
	$(TREES)/bin/pip install -q --disable-pip-version-check --no-deps xgboost==3.2.0
	touch $@

.PHONY: models-differential
models-differential: $(TREES)/complete ## random models trained in Python, our answers compared with the libraries' bit by bit: MODELS=72 SEED=n
	@dir=$$(mktemp -d)
	trap 'rm -rf "$$dir"' EXIT
	$(TREES)/bin/python bench/models/train.py "$$dir" $(or $(MODELS),72) $(or $(SEED),$$RANDOM)
	$(GO) run ./bench/models -golden "$$dir"

# What trains and exports, and the library that our program loads; catboost without the plotting that it wants.
ONNX := dist/onnx-python
$(ONNX)/complete: bench/models/requirements-onnx.txt
	python3 -m venv $(ONNX)
	$(ONNX)/bin/pip install -q --disable-pip-version-check -r $<
	$(ONNX)/bin/pip install -q --disable-pip-version-check --no-deps catboost==1.2.10
	touch $@

.PHONY: onnx
onnx: $(ONNX)/complete ## ONNX models of scikit-learn, CatBoost and networks, trained now and kept, answer as in Python to 1e-6: SEED=n
	@export HINDSIGHT_ONNXRUNTIME=$$(find $(CURDIR)/$(ONNX)/lib -name 'libonnxruntime.so.*')
	dir=$$(mktemp -d)
	trap 'rm -rf "$$dir"' EXIT
	$(GO) vet -tags onnx ./scoring/... ./bench/models ./app
	$(GO) test -tags onnx -count 1 -timeout 15m -v -run ONNX ./scoring ./scoring/model/onnx ./app
	$(ONNX)/bin/python bench/models/train_onnx.py "$$dir" $(or $(SEED),$$RANDOM)
	$(GO) run -tags onnx ./bench/models -onnx "$$dir"

.PHONY: bench-models
bench-models: $(TREES)/complete ## CPU of trees here and in the C APIs of LightGBM and XGBoost, by turns in one run
	@test -e dist/models/xgb_27_nan.ubj || $(TREES)/bin/python bench/models/train_large.py dist/models
	cc -O2 bench/models/native/native.c -o dist/native -ldl
	$(GO) run ./bench/models -speed dist/models -native dist/native \
		-lightgbm $$(find $(TREES)/lib -name lib_lightgbm.so) -xgboost $$(find $(TREES)/lib -name libxgboost.so)

.PHONY: state
state: ## what JOIN's state costs with 1, 3 and 10 million scores pending, without Kafka: PENDING=N,N PAIRS=n
	$(GO) run ./bench/state $(if $(PENDING),-pending $(PENDING)) $(if $(PAIRS),-pairs $(PAIRS))

.PHONY: elec2
elec2: build ## the Elec2 stream on a real Kafka: make elec2 DATA=/path/to/elecNormNew.csv
	@: $${DATA:?make elec2 DATA=/path/to/elecNormNew.csv}
	integration/elec2/run "$$DATA"

.PHONY: image
image: ## build the container image
	docker build -t $(IMAGE) .

.PHONY: compose-check
compose-check: ## does compose.yaml hold together? (docker compose config, and our own reading of it)
	$(GO) test -count 1 -run TestCompose -v ./ops
	if docker compose version >/dev/null 2>&1; then docker compose config --quiet; else echo "docker compose is not here: only the test above has read it"; fi

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf dist state .kafka hindsight *.test *.out
