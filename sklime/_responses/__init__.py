"""The user's model: what kind it is, how it is asked, in which container."""
