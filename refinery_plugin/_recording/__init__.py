"""Recording and replaying: vcrpy cassettes under the ``openai`` client, one a trajectory."""
