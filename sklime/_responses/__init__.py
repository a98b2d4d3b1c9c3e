"""The user's model: its kind, its outputs, and the tables that it takes."""
