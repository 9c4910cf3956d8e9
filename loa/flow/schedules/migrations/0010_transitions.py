"""The database itself lets nothing sound that is not approved, and no commune answer twice over."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION loa_check_occurrence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE placed schedules_placement;
BEGIN
    SELECT * INTO placed FROM schedules_placement WHERE id = NEW.placement_id;
    IF NOT EXISTS (SELECT FROM approvals_approval WHERE edition_id = NEW.edition_id) THEN
        PERFORM loa_refuse('nothing sounds that nobody approved');
    END IF;
    IF placed.called_off_at IS NOT NULL THEN
        PERFORM loa_refuse('nothing sounds that was called off');
    END IF;
    IF placed.grounds <> '[]'::jsonb AND NOT EXISTS (
        SELECT FROM schedules_confirmation WHERE placement_id = placed.id
    ) THEN
        PERFORM loa_refuse('what waits for a second person does not sound');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER occurrence_may_sound BEFORE INSERT ON schedules_occurrence
    FOR EACH ROW EXECUTE FUNCTION loa_check_occurrence();

CREATE FUNCTION loa_check_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE placed schedules_placement;
BEGIN
    SELECT * INTO placed FROM schedules_placement WHERE id = NEW.placement_id;
    IF placed.called_off_at IS NOT NULL OR placed.grounds = '[]'::jsonb THEN
        PERFORM loa_refuse('only a placement that waits is confirmed');
    END IF;
    IF NEW.confirmer_id = placed.placed_by_id THEN
        PERFORM loa_refuse('nobody confirms their own placement');
    END IF;
    IF placed.grounds <> '["policy"]'::jsonb AND EXISTS (
        SELECT FROM approvals_approval
        WHERE edition_id = placed.edition_id AND approver_id = NEW.confirmer_id
    ) THEN
        PERFORM loa_refuse('who approved the words does not confirm them for the night');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER confirmation_by_another BEFORE INSERT ON schedules_confirmation
    FOR EACH ROW EXECUTE FUNCTION loa_check_confirmation();
CREATE TRIGGER confirmation_stands BEFORE UPDATE OR DELETE ON schedules_confirmation
    FOR EACH ROW EXECUTE FUNCTION loa_refuse_change();

CREATE FUNCTION loa_check_placement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.called_off_at IS NOT NULL AND NEW.called_off_at IS NULL THEN
        PERFORM loa_refuse('what was called off stays called off');
    END IF;
    IF NEW.edition_id <> OLD.edition_id OR NEW.placed_by_id <> OLD.placed_by_id THEN
        PERFORM loa_refuse('a placement is of one edition by one person');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER placement_moves_on BEFORE UPDATE ON schedules_placement
    FOR EACH ROW EXECUTE FUNCTION loa_check_placement();

CREATE FUNCTION loa_check_rule_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM schedules_rule WHERE id = NEW.rule_id AND saved_by_id = NEW.approved_by_id
    ) THEN
        PERFORM loa_refuse('nobody approves their own rule');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rule_approved_by_another BEFORE INSERT ON schedules_ruleapproval
    FOR EACH ROW EXECUTE FUNCTION loa_check_rule_approval();

CREATE FUNCTION loa_check_offer_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM schedules_offer offered
        JOIN approvals_edition edition ON edition.id = offered.edition_id
        WHERE offered.id = NEW.offer_id AND edition.priority = 'normal'
    ) THEN
        PERFORM loa_refuse('only an ordinary item is taken or declined');
    END IF;
    IF TG_TABLE_NAME = 'schedules_decline' AND EXISTS (
        SELECT FROM schedules_adoption WHERE offer_id = NEW.offer_id
    ) THEN
        PERFORM loa_refuse('what was taken is not declined');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER adoption_of_ordinary_item BEFORE INSERT ON schedules_adoption
    FOR EACH ROW EXECUTE FUNCTION loa_check_offer_answer();
CREATE TRIGGER decline_of_ordinary_item BEFORE INSERT ON schedules_decline
    FOR EACH ROW EXECUTE FUNCTION loa_check_offer_answer();
CREATE TRIGGER adoption_stands BEFORE UPDATE OR DELETE ON schedules_adoption
    FOR EACH ROW EXECUTE FUNCTION loa_refuse_change();
CREATE TRIGGER decline_stands BEFORE UPDATE OR DELETE ON schedules_decline
    FOR EACH ROW EXECUTE FUNCTION loa_refuse_change();
"""
ALLOW = """
DROP TRIGGER decline_stands ON schedules_decline;
DROP TRIGGER adoption_stands ON schedules_adoption;
DROP TRIGGER decline_of_ordinary_item ON schedules_decline;
DROP TRIGGER adoption_of_ordinary_item ON schedules_adoption;
DROP TRIGGER rule_approved_by_another ON schedules_ruleapproval;
DROP TRIGGER placement_moves_on ON schedules_placement;
DROP TRIGGER confirmation_stands ON schedules_confirmation;
DROP TRIGGER confirmation_by_another ON schedules_confirmation;
DROP TRIGGER occurrence_may_sound ON schedules_occurrence;
DROP FUNCTION loa_check_offer_answer();
DROP FUNCTION loa_check_rule_approval();
DROP FUNCTION loa_check_placement();
DROP FUNCTION loa_check_confirmation();
DROP FUNCTION loa_check_occurrence();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("schedules", "0009_second_person"),
        ("approvals", "0007_transitions"),
    ]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
