from django.urls import path
from django.views.decorators.gzip import gzip_page

from loa.surfaces.board import screens

app_name = "board"
urlpatterns = [
    path("<slug:code>/", gzip_page(screens.show), name="screen"),
    path("<slug:code>/trang/", gzip_page(screens.show_slides), name="slides"),
]
