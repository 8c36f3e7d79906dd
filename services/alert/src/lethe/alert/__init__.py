"""Candidates in, alerts out: API, websocket and page."""
