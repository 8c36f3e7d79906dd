"""Prometheus metrics that every service has. Labels are names of things, never of people."""

from prometheus_client import Counter, Gauge, Histogram

DEAD_LETTERS = Counter(
    "lethe_dead_letters_total", "Records that couldn't be handled", ("topic", "error")
)
RECORDS = Counter("lethe_records_total", "Records handled", ("topic",))
RECORDS_GONE = Counter(
    "lethe_records_gone_total", "Records that fell into a gap of a live topic", ("topic",)
)
RECORDS_DISPLACED = Counter(
    "lethe_records_displaced_total",
    "Records that waited longest where too many did, and gave way",
    ("topic",),
)
RECORDS_NOT_OPENED = Counter(
    "lethe_records_not_opened_total",
    "Sealed records that came too late for their keys, or were refused",
    ("topic",),
)
RECORDS_UNREADABLE = Counter(
    "lethe_records_unreadable_total", "Records that no client can take apart", ("topic",)
)
GRANTS = Counter("lethe_grants_total", "Grants taken, by result", ("result",))
TICKETS_FAILED = Counter("lethe_tickets_failed_total", "Tickets that couldn't be sent")
ROSTERS_REFUSED = Counter("lethe_rosters_refused_total", "Roster files that didn't hold")
PARTITIONS_OWNED = Gauge("lethe_partitions_owned", "Camera partitions this instance owns")
STAGE_SECONDS = Histogram(
    "lethe_stage_seconds",
    "Time a stage of the pipeline took",
    ("stage",),
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
)
PUBLISHED_BYTES = Counter(
    "lethe_published_bytes_total", "Bodies and headers that the broker took", ("topic",)
)
NOT_PUBLISHED = Counter(
    "lethe_not_published_total", "Records that the broker didn't take in time", ("topic",)
)
STREAM_CONSOLES = Gauge("lethe_stream_consoles", "Connections that hear of alerts")
STREAM_NEWEST = Gauge("lethe_stream_newest", "The sequence of the newest alert on the stream")
STREAM_RECEIVED = Gauge(
    "lethe_stream_received",
    "The sequence up to which every connection says it has received alerts; 0 without any",
)
BACKSTOP = Counter(
    "lethe_backstop_total", "Deletions of sealed records asked of the broker", ("result",)
)
WITNESSED = Counter(
    "lethe_witnessed_total", "Checkpoints submitted to witnesses, by result", ("result",)
)
