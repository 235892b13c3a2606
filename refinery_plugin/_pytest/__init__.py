"""All that knows pytest: options, session, collection, generation, timing, terminal."""
