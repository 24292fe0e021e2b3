from django.apps import AppConfig


class DistributionConfig(AppConfig):
    name = "quire.society.distribution"
    label = "distribution"
