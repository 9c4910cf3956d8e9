"""What the web server serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loa.project.settings")
application = get_wsgi_application()

from loa.project.database import bring_up_to_date  # noqa: E402 - needs Django set up

bring_up_to_date()
