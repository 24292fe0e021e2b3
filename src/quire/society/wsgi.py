"""The web server's door; Django runs under WSGI (see docs/decisions)."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quire.society.settings")
application = get_wsgi_application()
