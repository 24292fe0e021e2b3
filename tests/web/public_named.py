"""What stands for the parts of the public's addresses in the small society whose January is closed."""

from __future__ import annotations


def parts() -> dict[str, str]:
    """Part of a path to something that exists."""
    from quire.society.distribution import watching
    from quire.society.kit.paging import Asked

    return {
        "<str:plan>": watching.plans_list().page(Asked()).rows[0].tid,
        "<str:licensee>": "lab-north",
        "<str:use>": "ai-train",
    }
