"""The claims of a token, and what this machine's own tokens say."""

AUDIENCE = "lethe-alert"
"""The default audience."""
LOCAL_ISSUER = "lethe-local"
"""Issuer of the tokens that `lethe token` mints with this machine's key."""
ROLES = "roles"
DEPLOYMENTS = "deployments"
AREAS = "areas"
EVERYTHING = "*"
"""Among deployments or areas it stands for all there are; without the claim it is none."""
MOST_LIFE_S = 12 * 3_600
"""No setting allows a longer life: a shift."""
SKEW_S = 30
"""How far the issuer's clock may be from this one."""
MOST_TOKEN = 3_900
"""Characters: with its name a browser keeps it as a cookie."""
