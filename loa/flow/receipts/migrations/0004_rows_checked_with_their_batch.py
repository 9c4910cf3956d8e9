from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("receipts", "0003_refused_messages"), ("devices", "0001_initial")]

    operations = [
        migrations.AlterField(
            "receipt",
            "device",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="receipts",
                to="devices.device",
            ),
        ),
        migrations.AlterField(
            "receipt",
            "batch",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="receipts",
                to="receipts.receiptbatch",
            ),
        ),
    ]
