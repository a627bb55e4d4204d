"""Which encoding a file is in is told by its bytes; what would come out as no words is refused."""

from __future__ import annotations

import pytest

from ledger.errors import BadInputError
from ledger.tables.text_encoding import encoding_of

WESTERN = "name;url\nMüller & Söhne;mueller.example\nCafé Élan;elan.example\nÅse’s Værksted – €;aase.example\n"
CHINESE = "名称,网址\n明港科技有限公司,https://minggang.example/\n维川网络,https://weichuan.example/\n"
RUSSIAN = "название;сайт\nРомашка;https://romashka.example/\n"


@pytest.mark.parametrize("text", [WESTERN, CHINESE, RUSSIAN, "a,b\n1,2\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_known_with_and_without_its_mark(tmp_path, text, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    assert path.read_text(encoding=encoding_of(path)).removeprefix("\ufeff") == text


def test_western_text_is_windows_1252(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(WESTERN.encode("cp1252"))
    assert encoding_of(path) == "cp1252"
    path.write_bytes(WESTERN.replace("€", "").replace("’", "").replace("–", "").encode("latin-1"))
    assert encoding_of(path) == "cp1252"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gbk"),
        (CHINESE.replace("维", "").replace("网", ""), "big5hkscs"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        ("会社名,サイト\nあおぞら基盤株式会社,https://aozora.example/\n", "shift_jis"),
        ("회사,사이트\n푸른하늘 주식회사,https://blue.example/\n", "euc-kr"),
        ("nazwa;strona\nŁąka i Żółw;laka.example\nPółwysep Źródło;zrodlo.example\nGłębia;glebia.example\n", "cp1250"),
    ],
)
def test_other_encodings_are_not_taken_for_western(tmp_path, text, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding, "ignore"))
    with pytest.raises(BadInputError, match='got another encoding; save the file as "CSV UTF-8"'):
        encoding_of(path)


def test_a_cut_character_at_the_end_is_no_utf_8(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("a,é".encode()[:-1])
    assert encoding_of(path) == "cp1252"  # "Ã": too little to judge by
