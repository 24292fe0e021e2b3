from django.apps import AppConfig


class PayoutsConfig(AppConfig):
    name = "quire.society.payouts"
    label = "payouts"
