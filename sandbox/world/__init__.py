"""The simulated world: who and what exists, its clock, its people, its switches."""
