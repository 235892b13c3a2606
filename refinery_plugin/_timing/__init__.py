"""A session of many programs: order, blocks, journal, progress, fingerprint, lock, the plugin's part of the file."""
