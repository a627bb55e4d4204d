"""What a person writes for a site is an address to begin at, or is refused with the reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.lists.site_addresses import is_email, is_web_address, read_address
from ledger.tables.raw_rows import Fault


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("vendor.example", "https://vendor.example"),
        ("www.vendor.example/partners?a=1", "https://www.vendor.example/partners?a=1"),
        (" <http://vendor.example:8080/> ", "http://vendor.example:8080/"),
        ("vendor.example:8080/x", "https://vendor.example:8080/x"),
        ("HTTPS://Vendor.Example/", "HTTPS://Vendor.Example/"),
        ("例え.example", "https://例え.example"),
        ("info@vendor.example", "https://vendor.example/"),
        ("sales@mail.vendor.co.uk", "https://vendor.co.uk/"),
        ("info@müller.example", "https://xn--mller-kva.example/"),
        ("mailto:info@Vendor.example?subject=x", "https://vendor.example/"),
        ("https://www.linkedin.com/", "https://www.linkedin.com/"),  # the network itself may be a vendor
        ("https://sites.google.com/view/quay", "https://sites.google.com/view/quay"),
        ("8.8.8.8", "https://8.8.8.8"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
    ],
)
def test_ways_to_write_a_site_are_understood(text, address):
    assert read_address(text) == address


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "nothing"),
        ("n/a", "'n/a'"),
        ("Bright Harbour Ltd", "'Bright Harbour Ltd', which holds a space"),
        ("https://a.example https://b.example", "'a.example https://b.example', which holds a space"),
        ("nonsense", "'nonsense', which holds no domain"),
        ("1.5", "'1.5', which holds no domain"),
        ("127.1", "'127.1', which holds no domain"),
        ("https:/vendor.example", "'https:/vendor.example', which holds no domain"),
        ("a..example", "'a..example', which holds no domain"),
        ("ftp://vendor.example/", "'ftp://vendor.example/'"),
        ("javascript:alert(1)", "'javascript:alert(1)'"),
        ("http://vendor.example:port/", "'http://vendor.example:port/' (Port"),
        ("http://[::1/", "'http://[::1/' (Invalid IPv6 URL)"),
        ("sales@gmail.com", "a mailbox at gmail.com, which anybody can have"),
        ("info@GMX.de", "a mailbox at gmx.de, which anybody can have"),
        ("info@vip.163.com", "a mailbox at 163.com, which anybody can have"),
        ("info@yahoo.com.sg", "a mailbox at yahoo.com.sg, which anybody can have"),
        ("https://user:secret@vendor.example/", "one with them at vendor.example"),
        ("https://user@vendor.example/", "one with them at vendor.example"),
        ("https://de.linkedin.com/company/a-ltd", "a profile at linkedin.com, which is not a vendor's site"),
        ("x.com/vendor", "a profile at x.com, which is not a vendor's site"),
        ("https://www.facebook.com/vendor", "a profile at facebook.com, which is not a vendor's site"),
        ("https://ｌｉｎｋｅｄｉｎ.com/in/vendor", "a profile at linkedin.com, which is not a vendor's site"),
        ("http://printer.ｌｏｃａｌ/", "printer.local, which is private"),
        ("http://１２７.０.０.１/", "127.0.0.1, which is private"),
        ("http://2130706433/", "'http://2130706433/', which holds no domain"),
        ("instagram.com/vendor/", "a profile at instagram.com, which is not a vendor's site"),
        ("https://www.youtube.com/@vendor", "a profile at youtube.com, which is not a vendor's site"),
        ("http://10.0.0.1/", "10.0.0.1, which is private"),
        ("192.168.1.7", "192.168.1.7, which is private"),
        ("localhost", "localhost, which is private"),
        ("http://localhost:8080/", "localhost, which is private"),
        ("printer.local", "printer.local, which is private"),
        ("http://169.254.169.254/", "169.254.169.254, which is private"),
        ("http://[::1]/", "::1, which is private"),
        ("http://[fe80::1]/", "fe80::1, which is private"),
        ("http://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1, which is private"),
        ("info@192.168.0.1", "192.168.0.1, which is private"),
        ("a" * 64 + ".example", "a host with a part of 64 characters, where 63 are the most"),
        (".".join(["a" * 60] * 5), "a host of 304 characters, where 253 are the most"),
    ],
)
def test_what_is_no_vendors_site_is_refused_with_the_reason(text, got):
    fault = read_address(text)
    assert isinstance(fault, Fault)
    assert fault.got.startswith(got)
    assert fault.next_step


def test_no_password_stands_in_a_reason():
    fault = read_address("https://user:secret@vendor.example/")
    assert isinstance(fault, Fault)
    assert "secret" not in f"{fault}"


def test_private_addresses_are_taken_where_they_may_be():
    assert read_address("http://127.0.0.1:8000/", may_be_private=None) == "http://127.0.0.1:8000/"
    assert read_address("http://localhost:8000/", may_be_private=frozenset({"localhost"})) == "http://localhost:8000/"
    assert isinstance(read_address("http://10.0.0.1/", may_be_private=frozenset({"localhost"})), Fault)


@pytest.mark.parametrize(
    ("cell", "web", "email"),
    [
        ("https://a.example/x", True, False),
        ("a.example", True, False),
        ("info@a.example", False, True),
        ("A Ltd.", False, False),
        ("A", False, False),
        ("", False, False),
        ("3.5", False, False),
        ("2024-01-01", False, False),
    ],
)
def test_cells_that_look_like_addresses(cell, web, email):
    assert (is_web_address(cell), is_email(cell)) == (web, email)


@given(st.text(max_size=300))
def test_whatever_stands_there_there_is_an_answer(text):
    assert isinstance(read_address(text), str | Fault)
    assert not (is_web_address(text) and is_email(text))
