"""How fast a machine is said to be, and when that is measured again.

Tests: partnerproof/planning/machine_speed.py.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace

from matcher.brands.official_logos import load_brands
from partnerproof.planning.machine_speed import measure_machine
from partnerproof.planning.plan_figures import IMAGE_S


def test_a_page_and_an_image_are_measured_quickly_and_remembered(acme, lexicon):
    brands, var = load_brands(acme / "brands", None), acme / "var"
    started = time.process_time()
    speed = measure_machine(var, brands, lexicon)
    assert time.process_time() - started < 5
    # no machine that runs this is a hundred times faster or slower than that of bench/README.md
    assert 0.0001 < speed.page_s < 1.3
    assert 0.0001 < speed.image_s < 1.3
    assert speed.image_s != IMAGE_S
    assert speed.basis == "measured on this machine"
    assert measure_machine(var, brands, lexicon) == speed


def test_it_is_measured_again_for_other_logos_another_version_and_other_processors(acme, lexicon):
    brands, stored = load_brands(acme / "brands", None), acme / "var" / "machine-speed.json"
    measure_machine(stored.parent, brands, lexicon)
    good = json.loads(stored.read_text())
    for stale in ({"version": "0"}, {"processors": 999}, {"logos": "others"}):
        stored.write_text(json.dumps({**good, **stale, "page_s": 77.0}))
        assert measure_machine(stored.parent, brands, lexicon).page_s < 77
        assert json.loads(stored.read_text())["page_s"] < 77
    stored.write_text("no JSON")
    assert measure_machine(stored.parent, brands, lexicon).page_s < 77


def test_without_logos_or_a_folder_to_remember_it_in_it_is_measured_all_the_same(tmp_path, lexicon, acme):
    speed = measure_machine(tmp_path / "none", [], lexicon)
    assert speed.image_s == IMAGE_S
    assert "image as on the benchmark's" in speed.basis
    empty = [replace(brand, logos=()) for brand in load_brands(acme / "brands", None)]
    assert measure_machine(tmp_path / "none", empty, lexicon).image_s == IMAGE_S
