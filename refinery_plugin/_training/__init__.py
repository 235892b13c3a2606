"""Verification for whoever trains or repairs with it: one program at a time or many, with rewards and exports."""
