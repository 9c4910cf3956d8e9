"""What stores a batch: one statement each, however many devices answer in the same second."""

KEEP_BATCHES = """
INSERT INTO receipts_receiptbatch (device_id, sha256, envelope, received_at)
SELECT device, sha256, envelope, %(now)b
FROM unnest(%(devices)b::text[], %(hashes)b::text[], %(envelopes)b::bytea[])
    AS given (device, sha256, envelope)
ORDER BY sha256
ON CONFLICT DO NOTHING
"""

BATCH_IDS = "SELECT sha256, id FROM receipts_receiptbatch WHERE sha256 = ANY(%(hashes)b::text[])"

# Of this connection alone, and empty again after every commit.
ARRIVING = """
CREATE TEMPORARY TABLE IF NOT EXISTS receipts_arriving (
    device text, log text, batch bigint, seq bigint, event text, "order" text, reason text,
    at timestamptz, clock text, detail jsonb
) ON COMMIT DELETE ROWS
"""

EMPTY_ARRIVING = "DELETE FROM receipts_arriving"

COPY_ARRIVING = "COPY receipts_arriving FROM STDIN"

KEEP_RECEIPTS = """
INSERT INTO receipts_receipt
    (device_id, log, seq, batch_id, event, "order", reason, at, clock, detail)
SELECT device, log, seq, batch, event, "order", reason, at, clock, detail
FROM receipts_arriving
ON CONFLICT DO NOTHING
"""

# Whoever names a device that is not in the register fills no table.
COUNT_REFUSALS = """
INSERT INTO receipts_refusedmessage (device_id, reason, minute, count)
SELECT device, reason, date_trunc('minute', %(now)s), count
FROM unnest(%(devices)s::text[], %(reasons)s::text[], %(counts)s::integer[])
    AS given (device, reason, count)
JOIN devices_device AS known ON known.code = given.device
ORDER BY device, reason
ON CONFLICT (device_id, minute, reason)
    DO UPDATE SET count = receipts_refusedmessage.count + excluded.count
"""

# Only the device an order was for is believed, and only its own words make its play log anew. A number out of bounds is no number.
KEEP_PLAY_LOGS = """
INSERT INTO receipts_playlog
    (order_id, started_at, ended_at, result, reason, duration_ms, rate_percent)
SELECT ordered.id, told.started_at, told.ends[1].at, coalesce(told.ends[1].event, ''),
    coalesce(told.ends[1].reason, ''),
    CASE WHEN jsonb_typeof(told.ends[1].detail -> 'duration_ms') = 'number'
        AND (told.ends[1].detail ->> 'duration_ms')::numeric BETWEEN 0 AND 2147483647
        THEN (told.ends[1].detail ->> 'duration_ms')::integer ELSE 0 END,
    CASE WHEN jsonb_typeof(told.ends[1].detail -> 'rate_percent') = 'number'
        AND (told.ends[1].detail ->> 'rate_percent')::numeric BETWEEN 0 AND 2147483647
        THEN (told.ends[1].detail ->> 'rate_percent')::integer ELSE 100 END
FROM unnest(%(orders)s::uuid[], %(devices)s::text[]) AS said (id, device)
JOIN deliveries_playorder AS ordered ON ordered.id = said.id AND ordered.device_id = said.device
CROSS JOIN LATERAL (
    SELECT min(at) FILTER (WHERE event = 'started' AND device_id = ordered.device_id) AS started_at,
        array_agg(receipt ORDER BY at, seq) FILTER (
            WHERE event IN ('finished', 'skipped') AND device_id = ordered.device_id
        ) AS ends
    FROM receipts_receipt AS receipt
    WHERE "order" = ordered.id::text
) AS told
ORDER BY ordered.id
ON CONFLICT (order_id) DO UPDATE SET
    started_at = excluded.started_at, ended_at = excluded.ended_at, result = excluded.result,
    reason = excluded.reason, duration_ms = excluded.duration_ms,
    rate_percent = excluded.rate_percent
"""

OPEN_LOGS = """
INSERT INTO receipts_logposition (device_id, log, upto)
SELECT device, log, 0 FROM unnest(%(devices)s::text[], %(logs)s::text[]) AS given (device, log)
ORDER BY device, log
ON CONFLICT DO NOTHING
"""

# Taken before anything is written: of two receivers the second then sees what the first stored,
# and puts no play log together from half of it.
HOLD_LOGS = """
SELECT id FROM receipts_logposition AS position
JOIN unnest(%(devices)s::text[], %(logs)s::text[]) AS given (device, log)
    ON position.device_id = given.device AND position.log = given.log
ORDER BY id
FOR UPDATE OF position
"""

# A row that stands in its place counts: its number less its rank is where the log stood.
ADVANCE_LOGS = """
WITH held AS (
    SELECT id, device_id, position.log, upto
    FROM receipts_logposition AS position
    JOIN unnest(%(devices)s::text[], %(logs)s::text[]) AS given (device, log)
        ON position.device_id = given.device AND position.log = given.log
    ORDER BY id
    FOR UPDATE OF position
), ranked AS (
    SELECT held.id, held.upto, seq,
        seq - row_number() OVER (PARTITION BY held.id ORDER BY seq) AS stood_at
    FROM held
    JOIN receipts_receipt AS receipt ON receipt.device_id = held.device_id
        AND receipt.log = held.log AND receipt.seq > held.upto
)
UPDATE receipts_logposition AS position SET upto = moved.upto
FROM (SELECT id, max(seq) AS upto FROM ranked WHERE stood_at = upto GROUP BY id) AS moved
WHERE position.id = moved.id
"""

POSITIONS = """
SELECT device_id, position.log, upto
FROM receipts_logposition AS position
JOIN unnest(%(devices)s::text[], %(logs)s::text[]) AS given (device, log)
    ON position.device_id = given.device AND position.log = given.log
"""
