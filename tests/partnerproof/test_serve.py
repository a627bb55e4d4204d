"""How `partnerproof serve` begins, and what it says where it can't.

Tests: partnerproof/cli/serve.py.
"""

from __future__ import annotations

import socket
import subprocess
import sys

from tests.conftest import add_account, run_partnerproof
from tests.flow.sealed import log_of

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


def test_a_server_that_is_stopped_ends_in_order(acme):
    """As systemd stops it: the log tells of the end, with the digest of the database."""
    run_partnerproof("-w", acme, "judge")
    add_account(acme, "ann", "admin", PASSWORD)
    command = [sys.executable, "-m", "partnerproof", "-w", str(acme), "serve", "--port", "0", "--no-pictures"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("http://127.0.0.1:")
        server.terminate()
        assert server.wait(30) == 0
    last = log_of(acme)[-1]
    assert (last["event"], last["details"]["command"]) == ("ended", "serve")  # type: ignore[index]  # a dictionary
    assert "database" in last["details"]  # type: ignore[operator]  # likewise
