"""Adapters: where the plugin touches the network, files and clocks."""
