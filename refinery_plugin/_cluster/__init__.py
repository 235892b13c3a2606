"""Blocks on the workers of an engine that exists already: Dask's distributed."""
