"""One reader a kind of file. Each turns text into nodes that know their line, judges nothing and runs nothing."""
