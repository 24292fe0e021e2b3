from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "quire.society.notices"
    label = "notices"
