from django.apps import AppConfig


class MembershipConfig(AppConfig):
    name = "quire.society.membership"
    label = "membership"
