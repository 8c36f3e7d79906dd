"""The plaintext of a sealed view: a JPEG of what a camera sees, with every face covered."""

VIEW_BYTES = 32 * 1024
"""No view is larger, and each is padded to this size before sealing, so that its length tells
nothing."""
