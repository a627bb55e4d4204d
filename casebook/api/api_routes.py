"""All addresses of the API that need a token: a test asks each with each scope."""

from __future__ import annotations

from casebook.api.api_calls import ApiRoute
from casebook.api.case_addresses import CASE_ROUTES
from casebook.api.crawl_addresses import CRAWL_ROUTES
from casebook.api.finding_addresses import FINDING_ROUTES
from casebook.api.job_addresses import JOB_ROUTES

API_ROUTES: tuple[ApiRoute, ...] = (*JOB_ROUTES, *FINDING_ROUTES, *CASE_ROUTES, *CRAWL_ROUTES)
BASE = "/api/v1"
