"""The catalogues of the pages' words: extract them from the source, merge them into each language, compile.

``python tools/messages.py`` rewrites ``src/quire/society/web/locale/*/LC_MESSAGES/django.{po,mo}``; with
``--compile`` the ``.mo`` alone; ``de`` does that language alone; ``--missing`` shows what has no words yet.
Nothing is guessed from messages that look alike: what is new comes in empty, and what the source no longer
says goes.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOCIETY = Path(__file__).resolve().parents[1] / "src" / "quire" / "society"
LOCALE = SOCIETY / "web" / "locale"
LANGUAGES = {
    "de": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
}
"""Every language beside English, with the rule by which it chooses a plural."""


def place(language: str) -> Path:
    """Where the language's catalogue lies, as text."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(file: Path, language: str) -> Catalog:
    """A catalogue as it lies on the disk; a fault in it is an error, never a warning."""
    with file.open("rb") as handle:
        found = read_po(handle, locale=language, abort_invalid=True)
    # Babel would write the hour of reading into what is compiled.
    found.creation_date = found.revision_date = datetime(2000, 1, 1, tzinfo=UTC)
    return found


def extracted() -> Catalog:
    """Every message that the society's source marks, in the order in which it stands there."""
    said = LOCALE / "django.pot"
    # Django writes {% translate %} as calls that xgettext reads. No database is asked; the settings only want
    # to be told of one.
    asked = ["makemessages", "--all", "--keep-pot", "--no-location", "--no-wrap", "--extension=html,txt,py"]
    told = {"DATABASE_URL": "postgresql://nobody@localhost/none", "QUIRE_SECRET_KEY": "none"}
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _EXTRACT, *asked],
        cwd=SOCIETY,
        env=os.environ | told | {"DJANGO_SETTINGS_MODULE": "quire.society.settings"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        # xgettext leaves the header for somebody to fill in.
        rule = "nplurals=INTEGER; plural=EXPRESSION;"
        text = said.read_text(encoding="utf-8").replace(rule, LANGUAGES["de"])
        return read_po(io.StringIO(text), locale="en", abort_invalid=True)
    finally:
        said.unlink()


# Django's own command, told to leave the catalogues as they are: they are merged here.
_EXTRACT = """
import sys
from django.core.management.commands.makemessages import Command
from django.core.management import execute_from_command_line
Command.write_po_file = lambda self, pot, locale: None
execute_from_command_line(["messages", *sys.argv[1:]])
"""


def merged(source: Catalog, kept: Catalog, language: str) -> Catalog:
    """The source's messages in its order, with the words that the language has for them already."""
    new = Catalog(locale=language, project="quire", fuzzy=False)
    for message in source:
        if not message.id:
            continue
        old = kept.get(message.id, message.context)
        forms = old.string if old and not old.fuzzy and _fits(old.string, message.pluralizable) else ""
        new.add(
            message.id,
            forms or (("", "") if message.pluralizable else ""),
            auto_comments=message.auto_comments,
            flags=message.flags,
            context=message.context,
        )
    return new


def _fits(forms: object, plural: bool) -> bool:
    return isinstance(forms, (tuple, list)) is plural


def write(catalog: Catalog, file: Path, language: str) -> None:
    """The catalogue as text, a message to a line, with a header that does not change by itself."""
    text = io.BytesIO()
    write_po(text, catalog, width=0, omit_header=True)
    file.write_bytes(_header(language) + text.getvalue().rstrip() + b"\n")


def _header(language: str) -> bytes:
    lines = [
        "Project-Id-Version: quire",
        f"Language: {language}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        f"Plural-Forms: {LANGUAGES[language]}",
    ]
    return "\n".join(['msgid ""', 'msgstr ""', *(f'"{line}\\n"' for line in lines), "", ""]).encode()


def compiled(language: str) -> None:
    """Write what the server reads: of messages that have no words yet, nothing, so that English is shown."""
    file = place(language)
    kept = read(file, language)
    for one in list(kept):
        if one.id and not all(words(one)):
            kept.delete(one.id, one.context)
    with file.with_suffix(".mo").open("wb") as handle:
        write_mo(handle, kept)


def missing(catalog: Catalog) -> list[str]:
    """The messages that have no words yet, or lack a plural."""
    return [str(one.id) for one in catalog if one.id and not all(words(one))]


def words(message: Message) -> list[str]:
    """What the catalogue says for a message: one text, or one for each plural."""
    said = message.string
    return [str(one or "") for one in said] if isinstance(said, (tuple, list)) else [str(said or "")]


def main(arguments: list[str]) -> None:
    source = None if "--compile" in arguments else extracted()
    for language in [one for one in LANGUAGES if one in arguments] or LANGUAGES:
        file = place(language)
        if source is not None:
            write(merged(source, read(file, language), language), file, language)
        compiled(language)
        lacks = missing(read(file, language))
        print(f"{language}: {len(lacks)} messages have no words yet")
        if "--missing" in arguments:
            print(*(f"  {one!r}" for one in lacks), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
