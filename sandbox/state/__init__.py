"""A world that outlives its process: how it is written down, and the file it is in."""
