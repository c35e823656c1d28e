"""Score the audits on corpora that are generated: by a frozen seed that rule authors may see, and by a fresh one."""
