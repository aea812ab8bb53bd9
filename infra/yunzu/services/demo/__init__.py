"""The demonstration: Nantong's departments on a centre, with real first data behind their systems."""
