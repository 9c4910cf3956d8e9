from django.urls import path
from django.views.decorators.gzip import gzip_page

from loa.surfaces.portal import communes, home, stories

app_name = "portal"
# Small for a slow line: text shrinks to a quarter.
urlpatterns = [
    path("", gzip_page(home.show), name="city"),
    path("dia-ban/<slug:code>/", gzip_page(communes.show), name="commune"),
    path("tin/<slug:code>/", gzip_page(stories.show), name="story"),
]
