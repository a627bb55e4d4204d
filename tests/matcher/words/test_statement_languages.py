"""In each language of the lexicon's second half: a claim, a denial, a past and a customer are told apart."""

from __future__ import annotations

import pytest

from ledger.lexicon import Lexicon
from ledger.vocabulary import StatementKind
from matcher.words.naming import brand_names
from matcher.words.statement_context import Setting
from matcher.words.statements import StatementReader

READER = StatementReader(brand_names("acme", "Acme", []), Lexicon.load())
SENTENCES = {
    "bg": ("Ние сме официален партньор на Acme.", "Не сме партньор на Acme.", "До 2019 г. бяхме партньор на Acme.", "Сред нашите клиенти е Acme."),
    "ca": ("Som partner de Acme.", "No som partner de Acme.", "Fins al 2019 va ser partner de Acme.", "Entre els nostres clients hi ha Acme."),
    "cs": ("Jsme partnerem společnosti Acme.", "Nejsme partnerem společnosti Acme.", "Do roku 2019 byla partnerem Acme.", "Mezi naše zákazníky patří Acme."),
    "da": ("Vi er partner med Acme.", "Vi er ikke partner med Acme.", "Indtil 2019 var vi forhandler af Acme.", "Blandt vores kunder er Acme."),
    "el": ("Είμαστε συνεργάτης της Acme.", "Δεν είμαστε συνεργάτης της Acme.", "Έως το 2019 ήταν συνεργάτης της Acme.", "Μεταξύ των πελατών μας είναι η Acme."),
    "fa": ("ما شریک تجاری Acme هستیم.", "این شرکت هیچ ارتباطی با Acme ندارد.", "این شرکت تا سال ۲۰۱۹ نماینده Acme بود.", "از جمله مشتریان ما Acme است."),
    "fi": ("Olemme Acme-yhtiön kumppani.", "Emme ole Acme-yhtiön kumppani.", "Vuoteen 2019 asti olimme Acme kumppani.", "Asiakkaitamme ovat Acme ja muut."),
    "he": ("אנו שותף עסקי של Acme.", "החברה אינה קשורה ל-Acme.", "עד שנת 2019 היינו משווק של Acme.", "בין לקוחותינו Acme."),
    "hi": ("हम Acme के साझेदार हैं।", "हम Acme के साझेदार नहीं हैं।", "हम 2019 तक Acme के पूर्व साझेदार थे।", "हमारे ग्राहकों में Acme शामिल है।"),
    "hr": ("Mi smo partner tvrtke Acme.", "Nismo partner tvrtke Acme.", "Do 2019. bili smo zastupnik tvrtke Acme.", "Među našim klijentima je Acme."),
    "hu": ("Az Acme hivatalos partnere vagyunk.", "Nem vagyunk az Acme partnere.", "Az Acme korábbi partnere.", "Ügyfeleink között van az Acme."),
    "ms": ("Kami ialah rakan kongsi Acme.", "Kami bukan rakan kongsi Acme.", "Sehingga 2019 kami pengedar Acme.", "Antara pelanggan kami ialah Acme."),
    "no": ("Vi er partner med Acme.", "Vi er ikke partner med Acme.", "Fram til 2019 var vi forhandler for Acme.", "Blant våre kunder er Acme."),
    "ro": ("Suntem partener Acme.", "Nu suntem partener Acme.", "Până în 2019 am fost distribuitor Acme.", "Printre clienții noștri se numără Acme."),
    "sk": ("Sme partnerom spoločnosti Acme.", "Nie sme partnerom spoločnosti Acme.", "Do roku 2019 sme boli predajca Acme.", "Medzi našich klientov patrí Acme."),
    "sr": ("Ми смо партнер компаније Acme.", "Нисмо партнер компаније Acme.", "До 2019. били смо партнер компаније Acme.", "Među našim klijentima je Acme."),
    "sv": ("Vi är partner till Acme.", "Vi är inte partner till Acme.", "Fram till 2019 var vi återförsäljare för Acme.", "Bland våra kunder finns Acme."),
    "th": ("เราเป็นพันธมิตรของ Acme", "เราไม่ได้เป็นพันธมิตรของ Acme", "เราเคยเป็นตัวแทนจำหน่ายของ Acme", "ลูกค้าของเรา เช่น Acme"),
}  # fmt: skip
KINDS = (StatementKind.PARTNER_CLAIM, StatementKind.DENIAL, StatementKind.PAST, StatementKind.CUSTOMER_CLAIM)


@pytest.mark.parametrize("language", sorted(SENTENCES))
@pytest.mark.parametrize("place", range(4), ids=map(str, KINDS))
def test_sentences_are_told_apart(language: str, place: int) -> None:
    (statement,) = READER.read(SENTENCES[language][place], Setting(language=language))
    assert statement.kind is KINDS[place], statement.rule


def test_words_of_everyday_make_no_claim() -> None:
    for language, text in {
        "fi": "Acme avasi virallisen verkkosivun.",
        "hu": "Az Acme hivatalos oldala megújult.",
        "ms": "Saham Acme naik.",
        "he": "Acme פתחה משרד חדש.",
        "hr": "Acme je prije 10 godina otvorio ured.",
        "hi": "Acme ने कार्यालय खोला।",
    }.items():
        (statement,) = READER.read(text, Setting(language=language))
        assert statement.kind is StatementKind.MENTION_ONLY, (text, statement.rule)
