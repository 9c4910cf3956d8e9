from django.apps import AppConfig


class LookConfig(AppConfig):
    name = "loa.surfaces.look"
    label = "look"
