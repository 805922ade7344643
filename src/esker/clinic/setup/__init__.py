"""What a clinic has: chairs, monitors, products, and the protocols that it has signed."""
