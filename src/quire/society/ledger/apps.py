from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "quire.society.ledger"
    label = "ledger"
