"""Signed bytes lie as they are, for packing them costs more than it saves; two indexes less."""

import django.db.models.deletion
from django.db import migrations, models

AS_THEY_ARE = "ALTER TABLE receipts_receiptbatch ALTER COLUMN envelope SET STORAGE EXTERNAL"
PACKED = "ALTER TABLE receipts_receiptbatch ALTER COLUMN envelope SET STORAGE EXTENDED"


class Migration(migrations.Migration):
    dependencies = [("receipts", "0001_initial"), ("devices", "0001_initial")]
    operations = [
        migrations.RunSQL(AS_THEY_ARE, PACKED),
        migrations.AlterField(
            model_name="logposition",
            name="device",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="log_positions",
                to="devices.device",
            ),
        ),
        migrations.AlterField(
            model_name="receipt",
            name="device",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="receipts",
                to="devices.device",
            ),
        ),
    ]
