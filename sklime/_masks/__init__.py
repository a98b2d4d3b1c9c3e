"""The engine for what is explained by switching parts on and off."""
