from django.urls import path

from loa.surfaces.board import screens

app_name = "board"
urlpatterns = [
    path("<slug:code>/", screens.show, name="screen"),
    path("<slug:code>/trang/", screens.show_slides, name="slides"),
]
