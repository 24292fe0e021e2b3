"""What the parts of pages' addresses may be in the small society whose January is closed: a page with a part
that is not here yet needs it here. Where one part means different things on different pages, give it its own
name in the pages' paths.
"""

from __future__ import annotations


def parts() -> dict[str, str]:
    """Part of a path to something that exists: for the member gazette and the licensee lab-north."""
    from quire.society.distribution import queries

    return {
        "<str:run>": queries.runs()[0].tid,
        "<int:number>": "1",
        "<int:line>": "1",
        "<str:form>": "csv",
        "<str:code>": "rights:payable:gazette",
    }
