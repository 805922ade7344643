"""The names of the simulated monitors' scenarios, apart from their heavier code."""

SCENARIOS = ("calm", "hypertensive", "desaturation", "artefact", "silent")
