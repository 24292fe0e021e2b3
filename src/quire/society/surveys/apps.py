from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "quire.society.surveys"
    label = "surveys"
