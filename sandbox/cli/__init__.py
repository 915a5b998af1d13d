"""`appmixer sandbox`: its commands, what they ask of a sandbox that runs, and serving one."""
