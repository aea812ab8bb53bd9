"""What people have the workers do now, without a decision."""
