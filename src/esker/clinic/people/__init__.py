"""Clinics and the people who work in them: who acts, who signs, who is on site."""
