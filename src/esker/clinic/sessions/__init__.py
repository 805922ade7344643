"""The clinic's sessions."""
