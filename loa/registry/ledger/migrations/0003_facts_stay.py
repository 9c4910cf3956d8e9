"""The database itself refuses to empty the ledger."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER fact_stays BEFORE TRUNCATE ON ledger_fact
    FOR EACH STATEMENT EXECUTE FUNCTION loa_refuse_change();
"""
ALLOW = "DROP TRIGGER fact_stays ON ledger_fact;"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_facts_stand")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
