from django.apps import AppConfig


class StatementsConfig(AppConfig):
    name = "quire.society.statements"
    label = "statements"
