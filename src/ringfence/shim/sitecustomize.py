"""On a bot's PYTHONPATH: makes certifi answer the roots in RINGFENCE_CA_BUNDLE, for clients that ask nothing else."""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

_here = os.path.dirname(os.path.realpath(__file__))
_others = [path for path in sys.path if os.path.realpath(path) != _here]
_other = PathFinder.find_spec("sitecustomize", _others)
if _other is not None and _other.loader is not None:  # one that would have run without this one
    _other.loader.exec_module(module_from_spec(_other))
_bundle = os.environ.get("RINGFENCE_CA_BUNDLE", "")
if _bundle:
    try:
        import certifi.core
    except ImportError:
        pass
    else:
        certifi.where = certifi.core.where = lambda: _bundle
        certifi.contents = certifi.core.contents = lambda: open(_bundle, encoding="ascii").read()
