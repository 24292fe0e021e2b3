"""A replay as one page for a board: the chart, and every number of it in tables beside it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from quire.cli.replay import chart, words

STYLE = """
:root{color-scheme:light dark;--ink:#1d2126;--paper:#fff;--quiet:#5b636c;--rule:#d9d5ca}
@media (prefers-color-scheme:dark){:root{--ink:#e9e6df;--paper:#15171a;--quiet:#a5abb1;--rule:#3a3f45}}
body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);
background:var(--paper)}
.beside{display:grid;gap:1.5rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr))}
svg{width:100%;height:auto;max-width:34rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;margin:0 0 1.5rem;min-width:100%}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{padding:.25rem .5rem .25rem 0;border-top:1px solid var(--rule);text-align:right;white-space:nowrap}
th:first-child,.w{text-align:left;white-space:normal}
thead th{color:var(--quiet);font-weight:400;border:0}
"""


def document(told: Any) -> bytes:
    """The page, whole: it asks for no other file."""
    title = f"What the plan “{told.plan.name}” would change"
    notices = "".join(f"<li>{escape(one)}</li>" for one in told.notices)
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n<p>{escape(words.heading(told))}</p>\n"
        f"{f'<ul>{notices}</ul>' if notices else ''}"
        f'<div class="beside"><div>{chart.drawing(told)}</div><div>{"".join(_tables(told))}</div></div>\n'
        "<h2>The plan</h2>\n<ol>"
        + "".join(f"<li>{escape(one)}</li>" for one in told.plan.sentences())
        + "</ol>\n</main>\n</body>\n</html>\n"
    ).encode()


def _tables(told: Any) -> Iterator[str]:
    for one in told.comparisons:
        yield f"<h2>{escape(one.currency)}</h2>\n"
        yield "".join(f"<p>{escape(sentence)}</p>\n" for sentence in words.sentences(one))
        for table in words.tables(told, one):
            yield _table(table)


def _table(told: words.Table) -> str:
    title, columns, rows = told
    head = "".join(
        f'<th scope="col"{" class=w" if one == "name" else ""}>{escape(one)}</th>' for one in columns
    )
    body = "".join(_row(row, named=columns[0] == "member") for row in rows)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(title)}"><table>'
        f"<caption>{escape(title)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>{body}</tbody></table></div>\n"
    )


def _row(row: Any, *, named: bool) -> str:
    first, *rest = (escape(str(cell)) for cell in row)
    cells = "".join(
        f'<td class="w">{cell}</td>' if named and not place else f"<td>{cell}</td>"
        for place, cell in enumerate(rest)
    )
    return f'<tr><th scope="row">{first}</th>{cells}</tr>\n'
