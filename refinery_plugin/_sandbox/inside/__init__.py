"""What runs in the jail; it imports nothing else of ours."""
