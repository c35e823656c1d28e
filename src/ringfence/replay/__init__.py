"""A day that has been, judged again by another policy. Pure: entries of the journal in, verdicts out."""
