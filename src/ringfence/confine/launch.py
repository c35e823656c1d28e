"""How a process of ours is started: with our modules on its path, and with nobody else's code run before ours.

Python's `site` runs the code that any `.pth` file in site-packages holds, at every start, in every process: a package
that a bot needs could come to run beside the key (docs/explanation/attacks.md, I11). `-S` leaves `site` out, `-I` the
environment and the current directory; the path is that of whoever starts the process.
"""

import sys
from pathlib import Path

_BEGIN = (
    "import runpy, sys; paths, name = sys.argv[1:3]; sys.path[:] = paths.split(':'); "
    "sys.argv[:3] = [name]; runpy.run_module(name, run_name='__main__')"
)


def command(module: str, *arguments: str) -> list[str]:
    """Say how to start a module of ours: a command line whose first word is this Python."""
    paths = [path for path in sys.path if path and Path(path).exists()]
    return [sys.executable, "-I", "-S", "-c", _BEGIN, ":".join(paths), module, *arguments]


_INSTALLED = (
    "import runpy, sys; folder, name = sys.argv[1:3]; sys.path.append(folder); "
    "sys.argv[:3] = [name]; runpy.run_module(name, run_name='__main__', alter_sys=True)"
)


def installed(python: str, folder: str, module: str, *arguments: str) -> list[str]:
    """Say how to start a module of ours from a copy of our code that stands by itself, under a given Python."""
    return [python, "-I", "-S", "-c", _INSTALLED, folder, module, *arguments]
