"""The database itself refuses to change or delete a fact."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION loa_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % stand as they are', TG_TABLE_NAME;
END $$;
CREATE TRIGGER fact_stands BEFORE UPDATE OR DELETE ON ledger_fact
    FOR EACH ROW EXECUTE FUNCTION loa_refuse_change();
"""
ALLOW = """
DROP TRIGGER fact_stands ON ledger_fact;
DROP FUNCTION loa_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
