from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "quire.society.disputes"
    label = "disputes"
