"""Run the rehearsal exchange."""

import sys

from ringfence.paper.main import main

sys.exit(main())
