"""Random sequences of calls give the same results on files, SQLite and Postgres."""

from hypothesis import HealthCheck, given, settings

from tests.helpers.store_calls import Call, calls, compare


# More of them: python -m tests.bench.compare_stores
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=calls)
def test_the_stores_give_the_same_results(postgres: str, calls: list[Call]) -> None:
    compare(calls, postgres)
