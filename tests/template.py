"""The tables of the society in an empty database, quickly: a tenth of the work of a hundred migrations.

Rooms' tables are made from their models as they are now, instead of from every model that there ever was;
other people's are migrated. ``tests/rooms/test_template.py`` compares with what ``quire init`` makes.
"""

from __future__ import annotations

from django.apps import apps
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import override_settings


def make() -> None:
    """Fill the database that the connection ``owner`` is of."""
    owner = connections["owner"]
    rooms = {app.label for app in apps.get_app_configs() if app.name.startswith("quire.")}
    with override_settings(MIGRATION_MODULES=dict.fromkeys(rooms)):
        others = MigrationExecutor(owner)
        others.migrate([leaf for leaf in others.loader.graph.leaf_nodes() if not _needs(leaf[0], rooms)])
        call_command("migrate", database="owner", run_syncdb=True, verbosity=0)
    done = MigrationRecorder(owner)
    for room, name in MigrationLoader(None).graph.nodes:
        if room in rooms:
            done.record_applied(room, name)


def _needs(app: str, rooms: set[str]) -> bool:
    """Whether a table of this app names one of a room's: our users', in most cases."""
    models = apps.get_app_config(app).get_models(include_auto_created=True)
    named = {field.related_model for model in models for field in model._meta.local_fields} - {None}
    return any(model._meta.app_label in rooms for model in named)
