from django.apps import AppConfig


class MandatesConfig(AppConfig):
    name = "quire.society.mandates"
    label = "mandates"
