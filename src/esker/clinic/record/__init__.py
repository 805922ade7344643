"""The session on paper: its record as PDF, and a blank pack for the day when nothing works."""
