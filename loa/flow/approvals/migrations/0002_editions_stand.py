"""The database itself refuses to change or delete an edition or an approval."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER edition_stands BEFORE UPDATE OR DELETE ON approvals_edition
    FOR EACH ROW EXECUTE FUNCTION loa_refuse_change();
CREATE TRIGGER approval_stands BEFORE UPDATE OR DELETE ON approvals_approval
    FOR EACH ROW EXECUTE FUNCTION loa_refuse_change();
"""
ALLOW = """
DROP TRIGGER edition_stands ON approvals_edition;
DROP TRIGGER approval_stands ON approvals_approval;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial"), ("ledger", "0002_facts_stand")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
