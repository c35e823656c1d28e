"""The program that takes a trial back: started by a timer, or by the next start of the system. It asks nobody.

Where nothing is tried it ends at once, which shows that it could run.

It runs from a copy of our code that root alone can change, with nothing of the owner's environment around it.
"""

import sys
from pathlib import Path

from ringfence.deploy.machine import Live, Machine
from ringfence.errors import RingfenceError
from ringfence.harden import back, trial

_PATIENCE = 30.0  # seconds; whoever changes the server takes less, and is ended when the time of its trial is up


def main(machine: Machine | None = None, root: Path = Path("/"), patience: float = _PATIENCE) -> int:
    """Take it back; returns the exit code: where something did not go back, systemd tries again."""
    if not trial.is_there(root):
        return 0
    with trial.alone(root, patience, must=False):
        try:
            for left in back.roll_back(machine or Live(), _tell, root, within=True):
                _tell(f"left: {left}")
        except RingfenceError as error:
            _tell(f"error: {error}")
            return error.exit_code
    _tell("all is as it was before the trial")
    return 0


def _tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
