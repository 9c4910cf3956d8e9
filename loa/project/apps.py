from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "loa.project"
    label = "project"

    def ready(self) -> None:
        from loa.project.wiring import wire

        wire()
