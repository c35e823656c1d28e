"""What a process gives up at start: dumps, privileges, system calls."""
