from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "quire.society.disputes"
    label = "disputes"

    def ready(self) -> None:
        from quire.society.disputes.queries import bars
        from quire.society.repertoire.actions import offering

        if bars not in offering.BARS:
            offering.BARS.append(bars)
