from django.apps import AppConfig


class BoardConfig(AppConfig):
    name = "loa.surfaces.board"
    label = "board"
