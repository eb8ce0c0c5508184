"""What every Meter keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.ports.meter import Meter, Reading


class MeterContract:
    @pytest.fixture
    def meter(self) -> Meter:
        """No samples."""
        raise NotImplementedError

    def test_a_series_never_recorded_reads_nothing(self, meter):
        assert meter.read(("tokens",)) == {"tokens": Reading(count=0, total=0, p50=None, p95=None)}
        assert meter.read(()) == {}

    def test_count_and_total_run_on(self, meter):
        meter.record({"tokens": 10, "seconds": 0.5})
        meter.record({"tokens": 32})
        meter.record({})

        found = meter.read(("tokens", "seconds"))

        assert (found["tokens"].count, found["tokens"].total) == (2, 42)
        assert (found["seconds"].count, found["seconds"].total) == (1, 0.5)

    def test_percentiles_are_of_the_samples(self, meter):
        for n in [3, 1, 2, 5, 4]:
            meter.record({"seconds": n})

        found = meter.read(("seconds",))["seconds"]

        assert found.p50 == 3
        assert 4 <= found.p95 <= 5

    def test_one_sample_is_every_percentile(self, meter):
        meter.record({"seconds": 2.5})

        assert meter.read(("seconds",))["seconds"] == Reading(count=1, total=2.5, p50=2.5, p95=2.5)

    def test_writers_side_by_side_lose_no_sample(self, meter):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: meter.record({"tokens": 1}), range(64)))

        found = meter.read(("tokens",))["tokens"]
        assert (found.count, found.total) == (64, 64)
