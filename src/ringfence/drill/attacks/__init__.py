"""Every attack of the drill, in the order in which they are run: those that use limits up come last."""

from ringfence.drill.attack import Attack
from ringfence.drill.attacks.leaving import LEAVING
from ringfence.drill.attacks.orders import ORDERS
from ringfence.drill.attacks.pace import PACE
from ringfence.drill.attacks.words import WORDS

ATTACKS: tuple[Attack, ...] = (*LEAVING, *ORDERS, *WORDS, *PACE)
