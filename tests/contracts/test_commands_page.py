"""The page of commands says what the commands say."""

from tools import commands


def test_the_page_of_commands_is_current() -> None:
    assert commands.PAGE.read_text("utf-8") == commands.page(), "python -m tools.commands"
