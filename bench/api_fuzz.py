"""Fuzz the API by its own description: python -m bench.api_fuzz [--seconds 120] [--examples 200] [--seed 1]

schemathesis makes requests from /api/v1/openapi.json (right ones, wrong ones, and those at the borders) and holds every answer against it:
no 5xx, only described statuses, types, headers and bodies, wrong data refused, right data taken, no answer without a token. Prints one line a route and ends with 1 when
anything failed.
"""

from __future__ import annotations

import argparse
import base64
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.openapi.checks import AcceptedNegativeData, RejectedPositiveData  # noqa: F401  # names of what is told

from casebook.api.api_routes import API_ROUTES, BASE
from ledger.vocabulary import TokenScope
from tests.casebook.api.served import Served
from tests.conftest import made_template

CHECKS = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_headers_conformance,
    checks.response_schema_conformance, checks.negative_data_rejection, checks.unsupported_method, checks.ignored_auth,
]  # fmt: skip
