"""Real incidents, replayed on the rehearsal exchange without Ringfence and with it."""

from ringfence.drill.incidents.replay import Played, Replayed, replay

__all__ = ["Played", "Replayed", "replay"]
