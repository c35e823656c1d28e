"""The attacks, as data and small programs, run against a deployment on the paper exchange."""
