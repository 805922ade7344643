"""Live pages: one stream of events per page, and which screens watch which chairs."""
