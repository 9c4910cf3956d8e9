"""The database itself knows who may move a bulletin from one state to the next, and from which."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION loa_refuse(sentence text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', sentence USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION loa_is_own_work(of_submission bigint, who bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM newsroom_submission handed
        JOIN newsroom_bulletin bulletin ON bulletin.id = handed.bulletin_id
        WHERE handed.id = of_submission AND who IN (handed.submitted_by_id, bulletin.author_id)
    )
$$;

CREATE FUNCTION loa_submission_is_open(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM newsroom_submission WHERE id = wanted AND closed_at IS NULL)
$$;

CREATE FUNCTION loa_check_submission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
        OR (to_jsonb(NEW) - 'closed_at') <> (to_jsonb(OLD) - 'closed_at') THEN
        PERFORM loa_refuse('a submission is closed once and changes in nothing else');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER submission_closes_once BEFORE UPDATE ON newsroom_submission
    FOR EACH ROW EXECUTE FUNCTION loa_check_submission();

CREATE FUNCTION loa_check_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT loa_submission_is_open(NEW.submission_id) THEN
        PERFORM loa_refuse('no edition without an open submission');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER edition_of_open_submission BEFORE INSERT ON approvals_edition
    FOR EACH ROW EXECUTE FUNCTION loa_check_edition();

CREATE FUNCTION loa_check_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF loa_is_own_work(
        (SELECT submission_id FROM approvals_edition WHERE id = NEW.edition_id), NEW.approver_id
    ) THEN
        PERFORM loa_refuse('nobody approves their own work');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_by_another BEFORE INSERT ON approvals_approval
    FOR EACH ROW EXECUTE FUNCTION loa_check_approval();

CREATE FUNCTION loa_check_signature() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of_submission bigint;
BEGIN
    SELECT submission_id INTO of_submission
        FROM approvals_preparededition WHERE id = NEW.prepared_id;
    IF loa_is_own_work(of_submission, NEW.person_id) THEN
        PERFORM loa_refuse('nobody signs their own work');
    END IF;
    IF NOT loa_submission_is_open(of_submission) THEN
        PERFORM loa_refuse('no signature under a closed submission');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signature_by_another BEFORE INSERT ON approvals_editionsignature
    FOR EACH ROW EXECUTE FUNCTION loa_check_signature();

CREATE FUNCTION loa_check_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT loa_submission_is_open(NEW.submission_id) THEN
        PERFORM loa_refuse('only an open submission is returned');
    END IF;
    IF btrim(NEW.reason) = '' THEN
        PERFORM loa_refuse('a return says why');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER return_of_open_submission BEFORE INSERT ON approvals_return
    FOR EACH ROW EXECUTE FUNCTION loa_check_return();
CREATE TRIGGER return_stands BEFORE UPDATE OR DELETE ON approvals_return
    FOR EACH ROW EXECUTE FUNCTION loa_refuse_change();
"""
ALLOW = """
DROP TRIGGER return_stands ON approvals_return;
DROP TRIGGER return_of_open_submission ON approvals_return;
DROP TRIGGER signature_by_another ON approvals_editionsignature;
DROP TRIGGER approval_by_another ON approvals_approval;
DROP TRIGGER edition_of_open_submission ON approvals_edition;
DROP TRIGGER submission_closes_once ON newsroom_submission;
DROP FUNCTION loa_check_return();
DROP FUNCTION loa_check_signature();
DROP FUNCTION loa_check_approval();
DROP FUNCTION loa_check_edition();
DROP FUNCTION loa_check_submission();
DROP FUNCTION loa_submission_is_open(bigint);
DROP FUNCTION loa_is_own_work(bigint, bigint);
DROP FUNCTION loa_refuse(text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0006_edition_texts"),
        ("newsroom", "0003_channel_texts"),
        ("ledger", "0002_facts_stand"),
    ]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
