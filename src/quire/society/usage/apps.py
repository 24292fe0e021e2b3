from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "quire.society.usage"
    label = "usage"
