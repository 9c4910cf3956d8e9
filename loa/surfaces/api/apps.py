from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "loa.surfaces.api"
    label = "api"
