"""`python -m ringfence.cli`: the same as `ringfence`."""

import sys

from ringfence.cli.main import main

sys.exit(main())
