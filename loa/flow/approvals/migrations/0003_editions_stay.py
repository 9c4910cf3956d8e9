"""The database itself refuses to empty the tables of editions and approvals."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER edition_stays BEFORE TRUNCATE ON approvals_edition
    FOR EACH STATEMENT EXECUTE FUNCTION loa_refuse_change();
CREATE TRIGGER approval_stays BEFORE TRUNCATE ON approvals_approval
    FOR EACH STATEMENT EXECUTE FUNCTION loa_refuse_change();
"""
ALLOW = """
DROP TRIGGER edition_stays ON approvals_edition;
DROP TRIGGER approval_stays ON approvals_approval;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_editions_stand")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
