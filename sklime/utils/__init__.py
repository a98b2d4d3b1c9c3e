"""Plumbing shared by the rest of the package; nothing here knows what LIME is."""
