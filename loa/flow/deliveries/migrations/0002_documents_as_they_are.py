"""Signed bytes lie as they are, for packing them costs more than it saves; one index less."""

import django.db.models.deletion
from django.db import migrations, models

AS_THEY_ARE = "ALTER TABLE deliveries_desireddocument ALTER COLUMN envelope SET STORAGE EXTERNAL"
PACKED = "ALTER TABLE deliveries_desireddocument ALTER COLUMN envelope SET STORAGE EXTENDED"


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0001_initial"), ("devices", "0001_initial")]
    operations = [
        migrations.RunSQL(AS_THEY_ARE, PACKED),
        migrations.AlterField(
            model_name="desireddocument",
            name="device",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="devices.device",
            ),
        ),
    ]
