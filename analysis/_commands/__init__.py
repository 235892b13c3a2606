"""The subcommands: plan, look, negative control."""
