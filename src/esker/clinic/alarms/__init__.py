"""The loop that raises alarms and seals readings: one owner per data folder."""
