"""One reader a kind of file.

Each turns text into values with their names, knows no shape of a key, and judges nothing.
"""
