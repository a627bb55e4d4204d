"""What the name of an official file says, and where two readings are possible, that it says nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.vocabulary import LogoVariant
from matcher.brands.file_names import read_file_name
from matcher.brands.official_logos import make_official_logo


@pytest.mark.parametrize(
    ("file", "valid_from", "valid_until"),
    [
        ("acme-2015-2019.svg", dt.date(2015, 1, 1), dt.date(2020, 1, 1)),
        ("acme_2015_to_2019.svg", dt.date(2015, 1, 1), dt.date(2020, 1, 1)),
        ("acme-until-2019.svg", None, dt.date(2020, 1, 1)),
        ("Acme Retired 2019.SVG", None, dt.date(2020, 1, 1)),
        ("acme-until-2019-06-30.svg", None, dt.date(2019, 7, 1)),
        ("acme-since-2020.svg", dt.date(2020, 1, 1), None),
        ("acme-from-2015-until-2019.svg", dt.date(2015, 1, 1), dt.date(2020, 1, 1)),
        ("acme-2015.svg", None, None),
        ("acme-old.svg", None, None),
        ("acme-old-2015.svg", None, None),
        ("acme-2019-2015.svg", None, None),
        ("acme-2015-2015.svg", None, None),
        ("acme-2012-2015-2019.svg", None, None),
        ("acme-until-2019-13-45.svg", None, None),
        ("acme-1920-1080.png", None, None),
        ("acme-20152019.svg", None, None),
    ],
)
def test_dates_are_read_where_only_one_reading_is_possible(file, valid_from, valid_until):
    reading = read_file_name(file)
    assert (reading.valid_from, reading.valid_until) == (valid_from, valid_until)


@pytest.mark.parametrize(
    ("file", "variant", "tier"),
    [
        ("acme-gold-partner.svg", LogoVariant.BADGE, "gold"),
        ("badges/platinum-badge-white.png", LogoVariant.BADGE, "platinum"),
        ("acme-silver-tier.svg", LogoVariant.BADGE, "silver"),
        ("acme-partner.svg", LogoVariant.BADGE, None),
        ("acme-silver-gold-partner.svg", LogoVariant.BADGE, None),
        ("acme-gold.svg", LogoVariant.COLOUR, None),
        ("goldpartner.svg", LogoVariant.COLOUR, None),
    ],
)
def test_a_tier_is_read_on_a_badge_only(file, variant, tier):
    reading = read_file_name(file)
    assert (reading.variant, reading.tier) == (variant, tier)


def test_what_is_called_old_is_remembered():
    assert read_file_name("acme-legacy.svg").is_called_old
    assert not read_file_name("goldsmith.svg").is_called_old


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda name: "/" not in name))
def test_any_name_has_a_reading(file):
    reading = read_file_name(file)
    if reading.valid_from and reading.valid_until:
        assert reading.valid_from < reading.valid_until


def test_a_logo_takes_from_its_name_what_nobody_says():
    logo = make_official_logo("acme", "acme-gold-partner-until-2019.png", b"x")
    assert (logo.variant, logo.tier, logo.valid_until) == (LogoVariant.BADGE, "gold", dt.date(2020, 1, 1))
