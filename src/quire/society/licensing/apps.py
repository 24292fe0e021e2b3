from django.apps import AppConfig


class LicensingConfig(AppConfig):
    name = "quire.society.licensing"
    label = "licensing"
