from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "quire.society.parties"
    label = "parties"
