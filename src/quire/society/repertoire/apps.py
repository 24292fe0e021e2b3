from django.apps import AppConfig


class RepertoireConfig(AppConfig):
    name = "quire.society.repertoire"
    label = "repertoire"
