"""The addresses that allauth itself asks for by name; they are pages of the desk."""

from django.urls import path

from loa.surfaces.desk import entrance

urlpatterns = [
    path("vao/", entrance.sign_in, name="account_login"),
    path("vao/xac-nhan/", entrance.show_second, name="mfa_authenticate"),
]
