import pytest

from ringfence.paper.faults import Fault, Faults, Kind

REQUEST = ("main", "POST", "/api/v3/order")

MATCHES = [
    (Fault(Kind.HOLD), True),
    (Fault(Kind.HOLD, method="POST", path="/api/v3/order", listener="main"), True),
    (Fault(Kind.HOLD, method="GET"), False),
    (Fault(Kind.HOLD, path="/api/v3"), False),
    (Fault(Kind.HOLD, path="/api/v3/order/test"), False),
    (Fault(Kind.HOLD, listener="plain"), False),
    (Fault(Kind.HOLD, until=1000), False),
    (Fault(Kind.HOLD, until=1001), True),
]


@pytest.mark.parametrize(("fault", "befalls"), MATCHES)
def test_a_fault_befalls_what_it_names_and_nothing_else(fault: Fault, befalls: bool) -> None:
    faults = Faults()
    faults.add(fault)
    assert (faults.take(*REQUEST, 1000) is not None) is befalls


def test_faults_are_used_up_in_the_order_in_which_they_came() -> None:
    faults = Faults()
    faults.add(Fault(Kind.ECHO, count=2))
    faults.add(Fault(Kind.OUTAGE, until=1005))
    taken = [faults.take(*REQUEST, now) for now in range(1000, 1006)]
    assert [each and each.kind for each in taken] == ["echo", "echo", "outage", "outage", "outage", None]
