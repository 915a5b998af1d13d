"""The main job as a demo: an engine and the sandbox, which speak only HTTP with each other."""
