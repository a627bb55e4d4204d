"""The shipped words of noise: whole names, groups, domains with their sub-domains."""

from __future__ import annotations

from crawler.images.noise_words import shipped_noise_words
from ledger.vocabulary import Noise


def test_a_domain_is_known_with_its_sub_domains_and_no_other():
    words = shipped_noise_words()
    assert words.domain(Noise.SOCIAL, "https://www.facebook.com/acme") == "facebook.com"
    assert words.domain(Noise.SOCIAL, "https://facebook.com.vendor.example/") is None
    assert words.domain(Noise.SOCIAL, None) is None


def test_a_name_counts_alone_only_with_words_that_say_nothing():
    words = shipped_noise_words()
    assert words.hit(Noise.SOCIAL, "follow us on facebook") == "facebook"
    assert words.is_only(Noise.SOCIAL, "facebook icon") == "facebook"
    assert words.is_only(Noise.SOCIAL, "facebook partner of acme") is None


def test_names_that_are_words_of_every_day_are_known_as_such():
    words = shipped_noise_words()
    assert words.ordinary & words.whole[Noise.SOCIAL]
    assert not words.networks & words.ordinary
