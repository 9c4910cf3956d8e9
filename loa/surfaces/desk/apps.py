from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "loa.surfaces.desk"
    label = "desk"
