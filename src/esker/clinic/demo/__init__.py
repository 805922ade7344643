"""A simulated clinic: fictional people, simulated monitors on the real socket, one clock."""
