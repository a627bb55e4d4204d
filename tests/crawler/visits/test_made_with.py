"""What a crawl is made with: versions, and digests that follow from names and contents alone."""

from __future__ import annotations

from crawler.visits.made_with import describe_crawler, digest_files


def test_the_digest_of_files_follows_from_names_and_contents(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        (folder / "x.toml").write_text("1")
    assert digest_files([first / "x.toml"]) == digest_files([second / "x.toml", first / "x.toml"])
    (second / "x.toml").write_text("2")
    assert digest_files([first / "x.toml"]) != digest_files([second / "x.toml"])


def test_a_workspace_without_settings_has_no_digest_of_them(tmp_path):
    described = describe_crawler(tool="partnerproof 1", config=tmp_path / "none.toml", own_lexicon=tmp_path)
    assert described["settings_sha256"] is None
    assert described["tool"] == "partnerproof 1"
    assert len(described["lexicon_digest"]) == 20
    (tmp_path / "xx.toml").write_text("")
    other = describe_crawler(tool="partnerproof 1", config=tmp_path / "xx.toml", own_lexicon=tmp_path)
    assert other["lexicon_digest"] != described["lexicon_digest"]
    assert other["settings_sha256"] is not None
