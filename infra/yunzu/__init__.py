"""yunzu (云租): the platform as a library. ARCHITECTURE.md has the map."""
