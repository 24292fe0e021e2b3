from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "quire.society.web"
    label = "web"
