# Every target sets up what it needs. `make help` lists them.
PYTHON = .venv/bin/python

.PHONY: help run demo test bench lint check-content clean

help: ## list these targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/make \1|\2/' | column -t -s '|' 2>/dev/null || grep -E '^[a-z-]+:.*## ' Makefile

run: ## start the kiosk; without a display, save a picture of each screen
	@build/setup.sh run
	@$(PYTHON) main.py run

demo: ## walk through every screen and article in every language; pictures in out/tour
	@build/setup.sh run
	@$(PYTHON) main.py tour --articles --out out/tour

test: ## run everything: lint, the check of the guides, all tests
	@build/setup.sh test
	@$(MAKE) --no-print-directory lint check-content
	@$(PYTHON) -m pytest

bench: ## measure releases and screen beside their rivals, in one run; print ratios
	@build/setup.sh bench
	@$(PYTHON) -m bench

lint: ## format, style, types and the lines between the rooms
	@build/setup.sh test
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

check-content: ## say what is wrong in the guides, with file, line and fix
	@build/setup.sh run
	@$(PYTHON) -m content check

clean: ## remove everything that was made
	rm -rf out .venv
	find . -name '__pycache__' -prune -exec rm -rf {} +
	find locales -name '*.mo' -delete
