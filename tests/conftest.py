"""What every test run shares: how hard hypothesis tries, and that a skipped test is a failed one."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("fast", max_examples=50, deadline=None)
settings.register_profile("deep", max_examples=5_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

# Tests that may skip, by node id up to its parameters, and why the machine may lack what they need.
# Anything else that skips fails: a check that did not run has not passed.
_SMALL_DISK = "only root can mount a small disk; what is shown there is shown without one beside it"
_CRASH = "tests/journal/test_crash.py::"
_NO_COMPILER = "faults of disk and clock come from a library that gcc builds at test time"
_SHIM = "tests/matrix/test_shim.py::"
_MATRIX = "tests/matrix/test_matrix.py::"
_LEAK = "tests/leaktest/test_command.py::"
_REAL = "tests/real/test_"
_LEFT_OUT = "a bot that `make test-real BOTS=...` leaves out, for want of the Python or node that it asks for"
_NO_NAMESPACE = "a network of its own is not given to everybody, least in a container"
MAY_SKIP: dict[str, str] = {
    f"{_LEAK}test_every_way_out_is_seen_and_nothing_that_was_said_is_kept": _NO_NAMESPACE,
    f"{_LEAK}test_a_client_that_is_pointed_whole_is_clean": _NO_NAMESPACE,
    f"{_LEAK}test_ccxt_pro_with_a_proxy_for_http_alone_leaks_its_websocket": _NO_NAMESPACE,
    f"{_LEAK}test_a_port_that_the_owner_names_is_let_through_and_proves_nothing": _NO_NAMESPACE,
    f"{_LEAK}test_a_command_that_never_comes_here_has_proven_nothing": _NO_NAMESPACE,
    f"{_LEAK}test_a_bot_that_never_ends_is_ended_and_so_is_what_it_left_behind": _NO_NAMESPACE,
    f"{_LEAK}test_it_says_in_words_what_went_past": _NO_NAMESPACE,
    f"{_LEAK}test_what_cannot_be_meant_is_refused": _NO_NAMESPACE,
    f"{_LEAK}test_somebody_who_is_not_root_can_do_it_too": _NO_NAMESPACE,
    f"{_REAL}ccxt_js.py::test_a_bot_in_javascript_orders_and_listens": _LEFT_OUT,
    f"{_REAL}freqtrade.py::test_freqtrade_trades_live": _LEFT_OUT,
    f"{_REAL}freqtrade_config.py::test_freqtrade_trades_with_what_is_written_and_finds_all_as_it_was": _LEFT_OUT,
    f"{_REAL}hummingbot.py::test_hummingbot_makes_a_market": _LEFT_OUT,
    f"{_REAL}nautilus.py::test_nautilus_trades_and_hears_of_it": _LEFT_OUT,
    f"{_REAL}octobot.py::test_octobot_orders_and_cancels": _LEFT_OUT,
    f"{_CRASH}test_on_a_disk_that_is_really_full_nothing_new_is_written_and_a_stop_still_is": _SMALL_DISK,
    f"{_CRASH}test_a_checkpoint_that_finds_no_room_ends_writing_and_leaves_the_old_one": _SMALL_DISK,
    f"{_SHIM}test_without_a_fault_nothing_is_different": _NO_COMPILER,
    f"{_SHIM}test_a_file_grows_as_far_as_there_is_room_and_no_further": _NO_COMPILER,
    f"{_SHIM}test_what_is_there_can_be_written_over_on_a_full_disk": _NO_COMPILER,
    f"{_SHIM}test_a_sync_fails_so_often_and_then_says_yes": _NO_COMPILER,
    f"{_SHIM}test_the_time_of_day_can_be_set_and_the_other_clocks_cannot": _NO_COMPILER,
    f"{_SHIM}test_a_process_waits_at_a_step_until_it_is_told_to_go_on": _NO_COMPILER,
    f"{_MATRIX}test_a_spread_of_all_faults_loses_nothing_passes_no_limit_and_tells_no_lie": _NO_COMPILER,
    f"{_MATRIX}test_a_thousand_cases_lose_nothing_pass_no_limit_and_tell_no_lie": _NO_COMPILER,
}


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a short name: the path of a unix socket has 107 bytes at most (unix(7))."""
    return tmp_path_factory.mktemp("p")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skipped and is not on the list."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.nodeid.split("[")[0] not in MAY_SKIP:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} skipped, and is not in MAY_SKIP of tests/conftest.py: {report.longreprtext}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that skipped as a whole."""
    report = yield
    if report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} skipped as a whole: {report.longreprtext}"
    return report


# What runs whole deployments waits more than it works, and takes long: it begins first, so that none of it is left
# alone at the end, and the others work while it waits.
_LONG = frozenset({"drill", "leaktest", "matrix", "scenarios", "soak"})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first; all else stays as it was."""
    items.sort(key=lambda item: not _LONG & set(item.path.parts))
