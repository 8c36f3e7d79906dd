"""What somebody writes as the draft of an order over HTTP."""

from typing import Any

DRAFTS, FAIR = "/api/v1/drafts", "/api/v1/drafts/fair-1"
ORDER: dict[str, Any] = {
    "deployment_id": "fair-1",
    "use_case": "policing the fair",
    "grounds": "three suspects were seen here",
    "zone": "the north gate",
    "area": "north",
    "starts_at": "2026-12-01T10:00:00Z",
    "ends_at": "2026-12-01T16:00:00Z",
    "watchlist_id": "list",
    "threshold": 0.62,
    "false_alert_budget": 5,
}
GATE: dict[str, Any] = {
    "camera_id": "gate",
    "source": "rtsp://192.0.2.1/stream",
    "masks": [[[0.0, 0.0], [0.3, 0.0], [0.0, 0.25]]],
}
BODY: dict[str, Any] = {"order": ORDER, "cameras": [GATE], "receipts_key": "ab" * 32}


def words(**changed: Any) -> dict[str, Any]:
    return BODY | {"order": ORDER | changed}
