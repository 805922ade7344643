"""What the vitals say: plausibility, staleness, due checks, and alarms with a life cycle."""
