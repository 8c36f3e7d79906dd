"""Tickets, slot keys, seal and open, the kill timer: how Lethe forgets."""
