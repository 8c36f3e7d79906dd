"""The officers' front door: API, websocket and page."""

from lethe.alert.web.guards import create_middleware, loopback_hosts
from lethe.alert.web.routes import create_routes

__all__ = ["create_middleware", "create_routes", "loopback_hosts"]
