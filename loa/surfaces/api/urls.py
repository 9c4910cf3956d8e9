from django.urls import path, re_path

from loa.surfaces.api import devices, health
from loa.surfaces.api.problems import no_such_address
from loa.surfaces.api.v1 import api

app_name = "api"
urlpatterns = [
    path("api/v1/", api.urls),
    re_path("^api/", no_such_address),
    path("media/<str:sha256>", devices.medium, name="medium"),
    path("device/root/<int:version>", devices.root, name="root"),
    path("device/emergency", devices.emergencies, name="emergencies"),
    path("device/book/<str:sha256>", devices.book, name="book"),
    path("device/roster", devices.roster, name="roster"),
    path("device/announcement", devices.announcement, name="announcement"),
    path("device/<slug:code>/desired", devices.desired_document, name="desired"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
]
