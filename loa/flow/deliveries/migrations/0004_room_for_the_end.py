from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """Every order ends once: with room on its page that touches no index."""

    dependencies = [("deliveries", "0003_orders_that_ended")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE deliveries_playorder SET (fillfactor = 75)",
            "ALTER TABLE deliveries_playorder RESET (fillfactor)",
        )
    ]
