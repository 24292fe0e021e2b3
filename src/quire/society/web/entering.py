"""The sign-in form in the society's words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _


class Entering(LoginForm):  # type: ignore[misc]
    """Name or address, password, and whether this browser is one's own."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["login"].label = _("Name or e-mail address")
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["remember"].label = _("Keep me signed in on this device, for two weeks")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
