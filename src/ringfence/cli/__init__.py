"""The owner's commands, one file each; everything goes through the control socket."""
