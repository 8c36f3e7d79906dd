"""`lethe deployment`: orders that one person drafts and another authorises."""
