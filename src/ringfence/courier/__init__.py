"""The only process that reaches the exchanges: carry once, report what came back."""
