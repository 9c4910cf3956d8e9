"""The database itself refuses to change or delete what was prepared and who signed it."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER prepared_stands BEFORE UPDATE OR DELETE ON approvals_preparededition
    FOR EACH ROW EXECUTE FUNCTION loa_refuse_change();
CREATE TRIGGER signature_stands BEFORE UPDATE OR DELETE ON approvals_editionsignature
    FOR EACH ROW EXECUTE FUNCTION loa_refuse_change();
"""
ALLOW = """
DROP TRIGGER prepared_stands ON approvals_preparededition;
DROP TRIGGER signature_stands ON approvals_editionsignature;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0004_signatures"), ("ledger", "0002_facts_stand")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
