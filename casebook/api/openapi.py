"""The API's description (OpenAPI 3.1), made from its routes and their models: there is no second source."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from casebook.api.api_calls import ApiRoute
from casebook.api.api_models import ProblemDetails
from casebook.api.api_routes import API_ROUTES, BASE

REF = "#/components/schemas/{model}"
OF_ALL = (400, 401, 403, 429, 500)  # statuses that any address may answer
MAX_BODY_BYTES = 12_000_000
ID_PATTERN = "^[0-9A-Za-z]{8,64}$"
KEY_PATTERN = "^[\\x21-\\x7e]{1,100}$"
_ABOUT = (
    "Findings, cases, crawls and jobs of a partnerproof workspace, for programs. Each request carries a token, made with `partnerproof token add`,"
    " as `Authorization: Bearer …`. Times are UTC. Errors are problem details (RFC 9457). Lists come in pages: ask again with `cursor` as `next` says."
)
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "pattern": KEY_PATTERN},
    "description": "The same order under the same key is one job, however often it is sent.",
}  # fmt: skip
_RATE_HEADERS = {name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit", "RateLimit-Policy")}


@cache
def describe_api() -> dict[str, Any]:
    """Return the document."""
    models: list[type[BaseModel]] = [ProblemDetails, *dict.fromkeys(route.answer for route in API_ROUTES)]
    _, made = models_json_schema([(model, "serialization") for model in models], ref_template=REF)
    schemas = dict(made["$defs"])
    paths: dict[str, Any] = {}
    for route in API_ROUTES:
        paths.setdefault(BASE + route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "partnerproof", "version": "1", "description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "`partnerproof token add`"}},
            "headers": {
                "RateLimit": {"description": "What is left, and in how many seconds it is whole again.", "schema": {"type": "string"}},
                "RateLimit-Policy": {"description": "How many requests a minute are answered.", "schema": {"type": "string"}},
                "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
                "ETag": {"description": "Of what was answered: ask with If-None-Match whether it has changed.", "schema": {"type": "string"}},
                "Location": {"description": "The address of the job.", "schema": {"type": "string"}},
                "WWW-Authenticate": {"description": "What is missing.", "schema": {"type": "string"}},
            },
        },
    }  # fmt: skip


def _operation(route: ApiRoute, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"Scope: `{route.scope}`.",
        "tags": [route.path.split("/")[1].split(".")[0]],
        "security": [{"token": [str(route.scope)]}],
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route.query, schemas),
            *([_KEY] if route.takes_key else []),
        ],
        "responses": _responses(route),
    }
    if route.body is not None:
        schema = _schema_of(route.body, schemas)
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _path_parameters(route: ApiRoute) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": ID_PATTERN}}
        for name in names
    ]


def _query_parameters(query: type[BaseModel], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    schema = query.model_json_schema(ref_template=REF)
    schemas.update(schema.get("$defs", {}))
    parameters = []
    for name, described in schema.get("properties", {}).items():
        given = dict(described)
        # a parameter is left out where there is none: no text stands for null
        if "anyOf" in given:
            (inner,) = [part for part in given.pop("anyOf") if part.get("type") != "null"]
            given = inner | given
        for empty in ("title", "default"):
            if empty == "title" or given.get("default") is None:
                given.pop(empty, None)
        about = given.pop("description", None)
        parameters.append(
            {"name": name, "in": "query", "required": False, "schema": given}
            | ({"description": about} if about else {})
        )
    return parameters


def _schema_of(body: TypeAdapter[Any], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = body.json_schema(ref_template=REF)
    schemas.update(schema.pop("$defs", {}))
    return schema


def _responses(route: ApiRoute) -> dict[str, Any]:
    content = (
        {
            "application/jsonl": {
                "schema": {"type": "string"},
                "x-line-schema": {"$ref": REF.format(model=route.answer.__name__)},
            }
        }
        if route.is_lines
        else {"application/json": {"schema": {"$ref": REF.format(model=route.answer.__name__)}}}
    )
    etag = {} if route.method != "GET" or route.is_lines else {"ETag": {"$ref": "#/components/headers/ETag"}}
    good = {
        "description": "As asked." if route.status == 200 else "It was made.",
        "headers": _RATE_HEADERS | etag,
        "content": content,
    }
    responses: dict[str, Any] = {str(route.status): good}
    if route.status == 201:
        place = {"Location": {"$ref": "#/components/headers/Location"}}
        responses["201"] = good | {"headers": _RATE_HEADERS | place}
        responses["200"] = good | {
            "description": "It was made before, under this key.",
            "headers": _RATE_HEADERS | place,
        }
    if etag:
        responses["304"] = {"description": "Nothing has changed.", "headers": _RATE_HEADERS | etag}
    of_body = (411, 413, 415) if route.body is not None else ()
    for status in sorted({*OF_ALL, *route.errors, *of_body}):
        responses[str(status)] = _problem_response(status)
    return responses


def _problem_response(status: int) -> dict[str, Any]:
    headers = {
        429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
        401: ("WWW-Authenticate",),
        403: ("WWW-Authenticate",),
    }
    told = {name: {"$ref": f"#/components/headers/{name}"} for name in headers.get(status, ())}
    content = {"application/problem+json": {"schema": {"$ref": REF.format(model="ProblemDetails")}}}
    return {"description": f"{HTTPStatus(status).phrase}.", "content": content} | ({"headers": told} if told else {})
