from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest
from drawings import draw_mark, encode
from PIL import Image

from ledger.errors import BadInputError
from ledger.vocabulary import LogoVariant
from matcher import LogoMatcher
from matcher.brands.file_names import read_file_name
from matcher.brands.official_logos import load_brand, load_brands, write_brand

MARK = encode(draw_mark("kestrel"))


def make_folder(directory: Path, toml: str, **logos: bytes) -> Path:
    (directory / "logos").mkdir(parents=True)
    (directory / "brand.toml").write_text(toml, encoding="utf-8")
    for name, content in (logos or {"main": MARK}).items():
        (directory / "logos" / f"{name}.png").write_bytes(content)
    return directory


def mistakes_of(directory: Path) -> list[str]:
    with pytest.raises(BadInputError) as error:
        load_brand(directory)
    return [str(problem) for problem in error.value.problems]


def test_brand_is_read_with_every_picture_mentioned_or_not(tmp_path: Path) -> None:
    toml = """
name = "Kestrel 隼"
aliases = ["Kestrel Corp.", "ケストレル"]
domains = ["kestrel.example"]

[[logo]]
file = "old.png"
variant = "stacked"
valid_from = 2009-01-01
valid_until = 2015-03-01
programme = "Kestrel Partners"
tier = "gold"
"""
    old, white = encode(draw_mark("kestrel", size=60)), encode(draw_mark("kestrel", (255, 255, 255)))
    folder = make_folder(tmp_path / "kestrel", toml, old=old, logo_white=white)
    brand = load_brand(folder)
    assert (brand.slug, brand.name, brand.domains) == ("kestrel", "Kestrel 隼", ("kestrel.example",))
    assert brand.aliases == ("Kestrel Corp.", "ケストレル")
    logo_white, logo_old = brand.logos
    assert (logo_white.file, logo_white.variant, logo_white.valid_until) == (
        "logo_white.png",
        LogoVariant.WHITE,
        None,
    )
    assert (logo_old.variant, logo_old.valid_from, logo_old.valid_until) == (
        LogoVariant.STACKED,
        dt.date(2009, 1, 1),
        dt.date(2015, 3, 1),
    )
    assert (logo_old.programme, logo_old.tier) == ("Kestrel Partners", "gold")
    assert logo_old.official_logo_id == hashlib.sha256(b"kestrel\0" + old).hexdigest()[:32]


@pytest.mark.parametrize(
    ("file", "variant"),
    [
        ("acme.svg", LogoVariant.COLOUR),
        ("acme-white.svg", LogoVariant.WHITE),
        ("acme_MONO.png", LogoVariant.MONO),
        ("acme-icon.svg", LogoVariant.ICON),
        ("gold-partner-badge-white.png", LogoVariant.BADGE),
        ("acme-stacked.svg", LogoVariant.STACKED),
        ("iconic.svg", LogoVariant.COLOUR),
    ],
)
def test_variant_is_guessed_from_whole_words_of_the_file_name(file: str, variant: LogoVariant) -> None:
    assert read_file_name(file).variant is variant


def test_every_mistake_of_a_brand_is_reported_at_once(tmp_path: Path) -> None:
    toml = """name = 7
alias = ["x"]
domains = "kestrel.example"

[[logo]]
file = "main.png"
variant = "color"
valid_from = "2020-01-01"
"""
    found = mistakes_of(make_folder(tmp_path / "kestrel", toml, main=MARK, blank=encode(Image.new("RGB", (50, 50)))))
    assert len(found) == 6
    text = "\n".join(found)
    assert "kestrel/brand.toml line 1, name: expected a text in double quotes, got 7" in text
    assert (
        "line 2, alias: expected one of name, aliases, domains, not_when, four_eyes, usage, tier, logo, got the unknown key alias"
        in text
    )
    assert "line 3, domains: expected a list in square brackets" in text
    assert "line 7, logo 1, variant: expected one of colour, white, mono" in text
    assert "line 8, logo 1, valid_from: expected a date YYYY-MM-DD without quotes" in text
    assert "kestrel/logos/blank.png: expected a picture of a logo, got blank" in text


def test_missing_file_double_entry_and_swapped_dates_are_mistakes(tmp_path: Path) -> None:
    toml = """name = "Kestrel"
[[logo]]
file = "gone.png"
[[logo]]
file = "main.png"
[[logo]]
file = "logos/main.png"
valid_from = 2020-01-01
valid_until = 2019-01-01
[[logo]]
file = "../brand.toml"
"""
    found = mistakes_of(make_folder(tmp_path / "kestrel", toml))
    assert len(found) == 4
    assert found[0].startswith("kestrel/brand.toml line 9, logo 3, valid_until: expected a day after")
    assert found[1].startswith("kestrel/brand.toml line 3, logo 1, file: expected a file in logos/, got gone.png")
    assert "line 7, logo 3, file: expected each file once" in found[2]
    assert "../brand.toml, which is not there" in found[3]


def test_toml_syntax_error_names_its_line(tmp_path: Path) -> None:
    (found,) = mistakes_of(make_folder(tmp_path / "kestrel", 'name = "Kestrel"\naliases = [oops]\n'))
    assert found.startswith("kestrel/brand.toml line 2: expected TOML, got Invalid value")


def test_name_is_required_and_a_brand_without_logos_is_a_mistake(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "kestrel", "aliases = []\n")
    (folder / "logos" / "main.png").unlink()
    found = mistakes_of(folder)
    assert "expected a key name, got none" in found[0]
    assert "expected one official logo at least" in found[1]


def test_brands_of_a_folder_are_read_and_mistakes_of_all_of_them_reported(tmp_path: Path) -> None:
    make_folder(tmp_path / "b-brand", 'name = "B"')
    make_folder(tmp_path / "a-brand", 'name = "A"')
    (tmp_path / "notes").mkdir()
    assert [brand.slug for brand in load_brands(tmp_path)] == ["a-brand", "b-brand"]
    assert [brand.slug for brand in load_brands(tmp_path, only=["b-brand"])] == ["b-brand"]
    make_folder(tmp_path / "c-brand", "nome = 1")
    make_folder(tmp_path / "d-brand", "x")
    with pytest.raises(BadInputError) as error:
        load_brands(tmp_path, only=["a-brand", "c-brand", "d-brand", "e-brand"])
    assert [problem.where.split("/")[-1].split(" ")[0] for problem in error.value.problems][1:] == ["brand.toml"] * 3
    assert "e-brand" in error.value.problems[0].expected


def test_missing_folder_and_folder_without_brands_are_mistakes(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadInputError, match="brand add"):
            load_brands(folder)


def test_written_brand_reads_back_with_any_names(tmp_path: Path) -> None:
    source = tmp_path / "My Logo.png"
    source.write_bytes(MARK)
    name, aliases = 'Kes"trel\\ \x7f 隼', ["a\nb", "ö"]
    brand = write_brand(
        tmp_path / "brands" / "kestrel",
        name=name,
        aliases=aliases,
        domains=["k.example"],
        logo_files=[source],
    )
    assert brand == load_brand(tmp_path / "brands" / "kestrel")
    assert (brand.name, list(brand.aliases), brand.logos[0].content) == (name, aliases, MARK)
    assert LogoMatcher(brand.logos).match(MARK).matches[0].brand == "kestrel"


def test_refused_brand_leaves_nothing_behind(tmp_path: Path) -> None:
    broken, good = tmp_path / "broken.png", tmp_path / "good.png"
    broken.write_bytes(MARK[:50])
    good.write_bytes(MARK)
    with pytest.raises(BadInputError) as error:
        write_brand(
            tmp_path / "brands" / "Bad Name",
            name=" ",
            aliases=[],
            domains=[],
            logo_files=[broken, good, good, tmp_path / "none"],
        )
    assert len(error.value.problems) == 5
    assert not (tmp_path / "brands").exists()


def test_existing_brand_is_never_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "logo.png"
    source.write_bytes(MARK)
    folder = tmp_path / "kestrel"
    write_brand(folder, name="First", aliases=[], domains=[], logo_files=[source])
    with pytest.raises(BadInputError, match="no such folder yet"):
        write_brand(folder, name="Second", aliases=[], domains=[], logo_files=[source])
    assert load_brand(folder).name == "First"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kestrel", "logo.png"]
