"""One small module per real server: from a `Site` to the `ServerProgram` that runs it. No side effects."""
