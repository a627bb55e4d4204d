"""A page's policy names its own style and script by digest, and allows nothing else."""

from __future__ import annotations

import base64
import hashlib

from casebook.files.page_policy import own_policy


def digest_of(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_style_and_script_are_named_by_digest_and_nothing_else_is_allowed():
    policy = own_policy("p { color: red; }", script="alert('é')")
    assert f"style-src 'sha256-{digest_of('p { color: red; }')}'" in policy
    assert "sha256-" + digest_of("alert('é')") in policy
    assert policy.startswith("default-src 'none'")
    assert "form-action 'none'" in policy
    assert "http" not in policy


def test_without_a_script_none_is_allowed():
    assert "script-src" not in own_policy("")
