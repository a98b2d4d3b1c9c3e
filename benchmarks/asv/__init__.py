"""Benchmarks of sklime's own history, for airspeed velocity."""
