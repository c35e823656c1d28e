"""What is asked of a bot's settings, a file for each thing that can be wrong. A check never guesses: it says `Odd`."""
