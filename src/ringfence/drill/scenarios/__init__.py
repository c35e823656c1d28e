"""The sixty scenarios of docs/explanation/attacks.md, in their order."""

from ringfence.drill.scenario import Scenario
from ringfence.drill.scenarios.around import AROUND
from ringfence.drill.scenarios.counting import COUNTING
from ringfence.drill.scenarios.forms import FORMS
from ringfence.drill.scenarios.leaving import LEAVING
from ringfence.drill.scenarios.reading import READING
from ringfence.drill.scenarios.sockets import SOCKETS
from ringfence.drill.scenarios.stopping import STOPPING
from ringfence.drill.scenarios.trading import TRADING
from ringfence.drill.scenarios.transport import REPEATING, TRANSPORT

SCENARIOS: tuple[Scenario, ...] = (
    *TRADING,
    *FORMS,
    *LEAVING,
    *STOPPING,
    *COUNTING,
    *READING,
    *TRANSPORT,
    *SOCKETS,
    *REPEATING,
    *AROUND,
)
