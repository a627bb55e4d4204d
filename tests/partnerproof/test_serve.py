"""How `partnerproof serve` begins, and what it says where it can't.

Tests: partnerproof/cli/serve.py.
"""

from __future__ import annotations

import socket

from tests.conftest import add_account, run_partnerproof

PASSWORD = "a long enough password"  # noqa: S105  # of these tests


def test_a_port_that_is_taken_is_named_with_what_to_do(acme):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        message = run_partnerproof("-w", acme, "serve", "--token", "--port", port, code=3)
    assert message == (
        f"partnerproof: 127.0.0.1:{port}: could not listen there (Address already in use);"
        " choose another port with --port (0: any that is free)\n"
    )


def test_an_address_of_another_machine_is_named_with_what_to_do(acme):
    message = run_partnerproof("-w", acme, "serve", "--token", "--host", "203.0.113.9", "--port", "0", code=3)
    assert message.startswith("partnerproof: 203.0.113.9:0: could not listen there (")
    assert message.endswith("; name an address of this machine with --host\n")


def test_a_login_that_nobody_could_pass_is_not_served(acme):
    message = run_partnerproof("-w", acme, "serve", "--port", "0", code=2)
    assert message == (
        "partnerproof: serve: expected an account that may log in, or --token, got neither;"
        " run `partnerproof account add NAME --role admin` first, or `partnerproof serve --token`\n"
    )
    add_account(acme, "ann", "admin", PASSWORD)
    run_partnerproof("-w", acme, "account", "close", "ann")
    assert "got neither" in run_partnerproof("-w", acme, "serve", "--port", "0", code=2)
