# The commands of the README. Everything runs in .venv, which is made on first use.
PYTHON ?= python3
PROMPT ?= warm lo-fi piano with soft drums, 75 bpm
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -q

.PHONY: song test check lint types band-tools browser weights ship clean

song: $(VENV)/.base
	$(VENV)/bin/songloom generate "$(PROMPT)" -o song.wav --seconds 30 --overwrite

test: $(VENV)/.dev
	$(VENV)/bin/python -m pytest

check: lint types test

lint: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .

types: $(VENV)/.dev
	$(VENV)/bin/mypy

# What the built-in band plays on, FluidSynth and General MIDI soundfonts, and the codecs that benchmarks and tests compare
# with (Debian and Ubuntu).
band-tools:
	apt-get update -q && apt-get install -y -q --no-install-recommends libfluidsynth3 fluid-soundfont-gm timgm6mb-soundfont musescore-general-soundfont-small \
		opus-tools lame ffmpeg

# What the tests of pages look through (Debian). Where it is missing they are skipped.
browser:
	apt-get update -q && apt-get install -y -q chromium chromium-driver

# Makes the embedded model again from nothing: corpus, codec, codes, generator (hours on two cores).
weights: $(VENV)/.dev
	$(VENV)/bin/songloom train --recipe embedded --out runs/embedded

# Puts what `make weights` made into the package; the codec that two models share is stored once.
ship: $(VENV)/.dev
	cp -r runs/embedded/weights/. src/songloom/weights/
	$(VENV)/bin/python -c "from songloom.checkpoint import SHIPPED, lean; lean(SHIPPED / 'flow', SHIPPED)"

$(VENV)/.base: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt torch
	$(PIP) install -c constraints.txt -e .
	touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) install -c constraints.txt -e '.[dev]'
	$(PIP) install --no-deps encodec==0.1.1 descript-audio-codec==1.0.0 descript-audiotools==0.7.2  # tests compare with them; their pins are old
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
