"""Every address, by surface."""

from django.urls import include, path

urlpatterns = [
    path("", include("loa.surfaces.portal.urls")),
    path("ban/", include("loa.surfaces.desk.urls")),
    path("ban/", include("loa.surfaces.desk.allauth_urls")),
    path("bang/", include("loa.surfaces.board.urls")),
    path("", include("loa.surfaces.api.urls")),
    path("ngon-ngu/", include("loa.surfaces.look.urls")),
]
