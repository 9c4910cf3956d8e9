from django.urls import path

from loa.surfaces.portal import communes, home, stories

app_name = "portal"
urlpatterns = [
    path("", home.show, name="city"),
    path("dia-ban/<slug:code>/", communes.show, name="commune"),
    path("tin/<slug:code>/", stories.show, name="story"),
]
