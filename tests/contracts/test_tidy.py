"""The house rules themselves: each finds what it is there for, and leaves alone what is in order."""

from __future__ import annotations

import re

import pytest

from tools import tidy
from tools.rules import Source

ROOM = "src/quire/society/usage"
SKIP = "pytest.mark.sk" + "ip"
HOST = "py" + "pi.org"
MACHINE = "/ho" + "me/somebody"
MARK = "TO" + "DO"
STUB = "NotImplemented" + "Error"

# path, text, the beginning of a word in the sentence that must be found
WRONG = [
    ("src/quire/core/money.py", '"""x"""\ndef half(amount):\n    return amount\n', "half is public"),
    ("src/quire/core/money.py", "import re\n", "A module of the core"),
    ("src/quire/core/money.py", '"""x"""\nRATE = 0.15\n', "0.15 is a float"),
    ("src/quire/society/ledger/actions.py", "total = float(given)\n", "float() near money"),
    ("src/quire/core/money.py", '"""x"""\nimport numpy\n', "numpy stays behind quire.core.allocation"),
    (
        "src/quire/core/money.py",
        '"""x"""\nfrom joserfc import jws\n',
        "joserfc stays behind quire.core.tokens",
    ),
    ("src/quire/core/money.py", '"""x"""\nimport django\n', "The core does without django"),
    ("src/quire/core/money.py", '"""x"""\nfrom quire.society import kit\n', "The core imports nothing"),
    ("src/quire/core/money.py", '"""x"""\nimport socket\n', "The core does not touch"),
    ("src/quire/core/money.py", '"""x"""\nfrom pathlib import Path\n', "The core does not touch"),
    ("src/quire/core/money.py", '"""x"""\nx = open("y")\n', "The core opens no files"),
    (f"{ROOM}/lake.py", "print('imported')\n", "Only quire.cli prints"),
    (f"{ROOM}/lake.py", "try:\n    x()\nexcept Exception:\n    pass\n", "This catches everything"),
    (f"{ROOM}/lake.py", "try:\n    x()\nexcept:\n    pass\n", "This catches everything"),
    (f"{ROOM}/lake.py", "db.execute(f'SELECT {name}')\n", "SQL put together"),
    (f"{ROOM}/lake.py", "db.execute('SELECT %s' % name)\n", "SQL put together"),
    (f"{ROOM}/lake.py", "db.execute('SELECT {}'.format(name))\n", "SQL put together"),
    (f"{ROOM}/lake.py", "db.execute('SELECT ' + name)\n", "SQL put together"),
    (f"{ROOM}/lake.py", "query = f'SELECT {name} FROM lake'\n", "SQL put together"),
    (f"{ROOM}/lake.py", "import os\nhome = os.environ['QUIRE_HOME']\n", "Read settings through"),
    (f"{ROOM}/lake.py", "from os import getenv\n", "Read settings through"),
    (f"{ROOM}/lake.py", f"raise {STUB}\n", "This is a stub"),
    (f"{ROOM}/actions.py", "from quire.society.ledger.models import Entry\n", "The models of ledger stay"),
    (f"{ROOM}/actions.py", "from quire.society.ledger import models\n", "The models of ledger stay"),
    (f"{ROOM}/actions.py", "import quire.society.ledger.models\n", "The models of ledger stay"),
    (
        f"{ROOM}/actions.py",
        "from quire.society.parties.models import Identifier\n",
        "The models of parties stay",
    ),
    (
        f"{ROOM}/actions.py",
        "from quire.society.parties.models import Party\nParty.objects\n",
        "Party belongs to",
    ),
    (
        f"{ROOM}/models.py",
        "from quire.society.licensing.models import Licence\nLicence()\n",
        "Licence belongs to",
    ),
    (f"{ROOM}/actions.py", "apps.get_model('ledger', 'Entry')\n", "Import the model in its own room"),
    (f"{ROOM}/actions.py", "def broken(:\n", "This does not parse"),
    (f"{ROOM}/utils.py", "", "'utils' says nothing"),
    ("tests/helpers/site.py", "", "'helpers' says nothing"),
    ("tests/core/test_x.py", f"import pytest\n@{SKIP}\ndef test_x(): pass\n", "pytest's skip passes over"),
    ("tests/core/test_x.py", "from unittest.mock import patch\n", "No mocks"),
    ("README.md", f"Unpack it in {MACHINE}/quire\n", f"{MACHINE[:7]}… is a path of one machine"),
    ("Makefile", f"pip install --index https://{HOST}/simple\n", f"{HOST} names a package index"),
    ("docs/guide.md", f"{MARK}: write this\n", f"{MARK}: finish it"),
    (f"{ROOM}/lake.py", f"x = 1  # {MARK} mend\n", f"{MARK}: finish it"),
]

RIGHT = [
    (
        "src/quire/core/tokens.py",
        '"""x"""\nfrom joserfc import jws\nimport json\nfrom quire.core import canonical\n',
    ),
    ("src/quire/core/arrays.py", '"""x"""\nimport os\nimport numpy\n'),
    ("src/quire/core/money.py", '"""x"""\ndef _half(amount):\n    return amount // 2\n'),
    ("src/quire/cli/usage.py", "print('imported')\n"),
    (f"{ROOM}/lake.py", "ratio = 0.5\n"),
    (
        f"{ROOM}/lake.py",
        "try:\n    x()\nexcept Exception:  # a reader of hostile files must end with an account\n    pass\n",
    ),
    (f"{ROOM}/lake.py", "try:\n    x()\nexcept Exception as problem:\n    raise Broken() from problem\n"),
    (f"{ROOM}/lake.py", "# sql: the table's name is ours\ndb.execute(f'SELECT 1 FROM {table}')\n"),
    (f"{ROOM}/lake.py", "db.execute(\n    f'SELECT {x}'  # noqa: S608  # sql: a column of ours\n)\n"),
    (f"{ROOM}/lake.py", "# sql in this file: names are constants of ours\nquery = f'SELECT {x}'\n"),
    (f"{ROOM}/actions.py", "from quire.society.parties.models import Party\nshow(Party.prefix)\n"),
    (f"{ROOM}/lake.py", "db.execute('SELECT %s', [name])\nsaid = f'SELECTED {name}'\n"),
    (
        f"{ROOM}/models.py",
        "from quire.society.licensing.models import Licence\nx = models.ForeignKey(Licence)\n",
    ),
    (
        f"{ROOM}/actions.py",
        "from quire.society.parties.models import Party, User\ndef _who(party: Party): ...\n",
    ),
    (f"{ROOM}/actions.py", "from quire.society.usage.models import Import\nImport.objects.create()\n"),
    (f"{ROOM}/codes.py", "NONE = 'XXX'  # ISO 4217: no currency\n"),
    (f"{ROOM}/migrations/0001_initial.py", "import os\nprint(os.environ)\n"),
    ("tests/core/test_x.py", "print(0.1)\n"),
    ("docs/guide.md", "See https://example.org/" + "home/page and `var/tmp/x`.\n"),
]


def found_in(*files: tuple[str, str]) -> list[str]:
    """Sentences about these files, but for the furniture of rooms that only these tests have."""
    sources = [Source(path, text) for path, text in files]
    return [
        f.sentence for f in tidy.findings(sources, []) if not re.search("README|docstring what", f.sentence)
    ]


@pytest.mark.parametrize(("path", "text", "sentence"), WRONG, ids=lambda value: str(value)[:40])
def test_each_rule_finds_what_it_is_there_for(path: str, text: str, sentence: str) -> None:
    assert [said for said in found_in((path, text)) if said.startswith(sentence)]


@pytest.mark.parametrize(("path", "text"), RIGHT, ids=lambda value: str(value)[:40])
def test_no_rule_finds_fault_with_what_is_in_order(path: str, text: str) -> None:
    assert found_in((path, text)) == []


def test_a_room_has_a_readme_and_its_own_modules_are_described() -> None:
    room = [
        Source(f"{ROOM}/__init__.py", ""),
        Source(f"{ROOM}/actions.py", ""),
        Source(f"{ROOM}/lake.py", ""),
    ]
    bare = [finding.path for finding in tidy.findings(room, [])]
    assert bare == [f"{ROOM}/lake.py", f"{ROOM}/__init__.py"]
    lake = Source(f"{ROOM}/lake.py", '"""Rows in Parquet files."""')
    assert list(tidy.findings([*room[:2], lake, Source(f"{ROOM}/README.md", "Owns usage.")], [])) == []


def test_lengths_are_held_by_the_limit_and_by_the_ratchet() -> None:
    long = "def f():\n" + "    x = 1\n" * 44
    source = Source("tools/long.py", long + "y = 2\n" * 10)
    assert not list(tidy.too_long([source], {"longest_function": 45, "longest_file": 55}))
    both = list(tidy.too_long([source], {"longest_function": 44, "longest_file": 54}))
    assert [finding.line for finding in both] == [1, 1]
    sixty = Source("tools/long.py", "def f():\n" + "    x = 1\n" * 60)
    assert list(tidy.too_long([sixty], {"longest_function": 100, "longest_file": 900}))


def test_the_ratchet_only_goes_down() -> None:
    before = {"longest_function": 50, "longest_file": 400, "models_read": ["a: b"]}
    assert not list(tidy.ratchet_slipped(before, [before]))
    assert not list(tidy.ratchet_slipped(before | {"longest_file": 390, "models_read": []}, [before]))
    assert len(list(tidy.ratchet_slipped(before | {"longest_function": 51}, [before]))) == 1
    assert len(list(tidy.ratchet_slipped(before | {"models_read": ["a: b", "c: d"]}, [before]))) == 1
    assert len(list(tidy.ratchet_slipped(before | {"longest_file": 501}, []))) == 1


def test_what_was_there_before_the_rule_is_allowed_by_name() -> None:
    old = [Source(f"{ROOM}/actions.py", "from quire.society.ledger.models import Entry\n")]
    keys = [finding.key for finding in tidy.findings(old, []) if finding.key]
    assert keys == [f"{ROOM}/actions.py: quire.society.ledger.models.Entry"]
    assert not [finding for finding in tidy.findings(old, keys) if finding.key]
