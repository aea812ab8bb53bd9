"""使用权 that end: who is told, what is suspended, what operators decide, what is held and reclaimed."""
