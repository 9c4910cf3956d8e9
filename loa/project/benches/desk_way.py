"""The way of each bulletin that is written: handed in, approved, placed, planned, ordered, sounded.

As plain statements, many rows at once; ids follow the bulletin's own.
"""

from __future__ import annotations

# Of a hundred bulletins: still being written, handed in, approved and without a time.
WRITING, WAITING, UNPLACED = 4, 1, 1

STEPS = (
    """CREATE TEMP TABLE way AS SELECT row_number() OVER (ORDER BY id) AS n, id, place_id, author_id,
    code, title, body, cache_key, valid_from, valid_until, edited_at AS at,
    (overlay(id::text placing '2' from 8 for 1))::uuid AS edition,
    (overlay(id::text placing '3' from 8 for 1))::uuid AS placement,
    (overlay(id::text placing '4' from 8 for 1))::uuid AS occurrence FROM newsroom_bulletin""",
    """INSERT INTO newsroom_bulletin_targets (bulletin_id, place_id) SELECT id, place_id FROM way""",
    """INSERT INTO newsroom_submission (id, bulletin_id, revision, rendition_id, content_hash,
    submitted_by_id, submitted_at, closed_at) SELECT n, id, 1, cache_key, md5(code), author_id, at,
    CASE WHEN n %% 100 >= %(writing)s + %(waiting)s THEN at END
    FROM way WHERE n %% 100 >= %(writing)s""",
    """SELECT setval(pg_get_serial_sequence('newsroom_submission', 'id'), max(n)) FROM way""",
    """DELETE FROM way WHERE n %% 100 < %(writing)s + %(waiting)s""",
    """INSERT INTO approvals_edition (id, submission_id, bulletin_id, place_id, rendition_id, sha256,
    envelope, title, body, priority, info_class, targets, valid_from, valid_until, duration_ms,
    frozen_at) SELECT edition, n, id, place_id, cache_key, md5(code) || md5(title),
    convert_to(repeat(md5(code), 40), 'UTF8'), title, body, 'normal', '1',
    jsonb_build_array(place_id), valid_from, valid_until, 45000, at FROM way""",
    """INSERT INTO approvals_approval (edition_id, approver_id, approved_at, key_id)
    SELECT edition, %(approver)s, at, 'bench' FROM way""",
    """DELETE FROM way WHERE n %% 100 >= 100 - %(unplaced)s""",
    """INSERT INTO schedules_placement (id, edition_id, place_id, is_now, start_at, grounds,
    placed_by_id, placed_at, repeat_times, repeat_seconds) SELECT placement, edition, place_id,
    false, at + interval '1 hour', '[]', author_id, at, 1, 60 FROM way""",
    """INSERT INTO schedules_placement_places (placement_id, place_id)
    SELECT placement, place_id FROM way""",
    """INSERT INTO schedules_occurrence (id, placement_id, edition_id, place_id, start_at,
    latest_start_at, end_at, sounding) SELECT occurrence, placement, edition, place_id,
    at + interval '1 hour', at + interval '70 minutes', at + interval '3645 seconds', 0 FROM way""",
    """DROP TABLE way""",
)
LOGS = (
    """INSERT INTO deliveries_playorder (id, occurrence_id, device_id, dispatched_at, ended_at)
    SELECT ('00000005-0000-4000-8000-' || lpad(to_hex(row_number() OVER ()), 12, '0'))::uuid,
    id, code, start_at, end_at FROM (SELECT o.id, d.code, o.start_at, o.end_at
    FROM schedules_occurrence o JOIN devices_device d ON d.place_id = o.place_id
    WHERE o.start_at < now() ORDER BY o.start_at, d.code) one""",
    """INSERT INTO receipts_playlog (order_id, started_at, ended_at, result, reason, duration_ms,
    rate_percent) SELECT id, dispatched_at, ended_at, 'finished', '', 45000, 100
    FROM deliveries_playorder ORDER BY id""",
)
