"""Putting a deployment on a server: users, units and a wall, planned, applied, proven, and taken out again."""
