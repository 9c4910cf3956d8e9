from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "loa.surfaces.portal"
    label = "portal"
