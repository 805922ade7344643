"""Esker runs supervised ketamine and esketamine therapy, and learns from it."""

__version__ = "0.1.0"
