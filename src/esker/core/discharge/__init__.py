"""What must hold before the door."""
