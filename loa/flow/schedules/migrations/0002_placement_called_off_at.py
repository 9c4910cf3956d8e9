from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("schedules", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="placement",
            name="called_off_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="ngừng lúc"),
        )
    ]
