"""The embedded stack: a broker and five services as processes of one supervisor."""
