"""Who calls, and what they may do. Only `jwt_tokens` and `issuer` know how that is proven."""
