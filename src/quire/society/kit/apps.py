from django.apps import AppConfig
from django.db.models.signals import post_migrate


class KitConfig(AppConfig):
    name = "quire.society.kit"
    label = "kit"

    def ready(self) -> None:
        from quire.society.kit.walls import after_migrate

        post_migrate.connect(after_migrate, sender=self)
