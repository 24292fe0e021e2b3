from django.apps import AppConfig


class UnclaimedConfig(AppConfig):
    name = "quire.society.unclaimed"
    label = "unclaimed"
