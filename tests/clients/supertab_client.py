"""Run by the Python of ``.venv-clients``: what a crawler and a merchant do with Supertab's own package.

Reads one JSON object on stdin (client, secret, resource, society, elsewhere) and prints one with what came
of it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from supertab_connect import obtain_license_token, verify_license_token


async def main(given: dict[str, str]) -> dict[str, Any]:
    token = await obtain_license_token(
        client_id=given["client"], client_secret=given["secret"], resource_url=given["resource"]
    )
    assert token
    body, _, signature = token.rpartition(".")
    altered = f"{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    return {
        "token": token,
        "good": await told(token, given["page"], given["society"]),
        "altered": await told(altered, given["page"], given["society"]),
        "elsewhere": await told(token, given["elsewhere"], given["society"]),
        "another society": await told(token, given["page"], "https://other.example"),
    }


async def told(token: str, page: str, society: str) -> Any:
    found = await verify_license_token(token, request_url=page, supertab_base_url=society)
    return found.payload if found.valid else found.reason.value


print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
