from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    name = "quire.society.invoicing"
    label = "invoicing"
