"""Every message of Lethe and the topic registry. Imports nothing of ours."""
