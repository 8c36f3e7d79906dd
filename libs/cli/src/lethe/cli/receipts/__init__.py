"""`lethe receipts`: a thin layer over `lethe.receipts`."""
