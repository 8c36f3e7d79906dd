"""Walk-throughs: a volunteer passes every camera, and what really happens is ticked off."""
