"""pandas reads the CSV without conversion, and scikit-learn can use it."""

import unittest

from headroom_test import HeadroomTest, main

try:
    import pandas
    from sklearn.linear_model import LinearRegression
except ImportError:
    pandas = None


@unittest.skipIf(pandas is None, "needs python3-pandas and python3-sklearn")
class Pandas(HeadroomTest):
    def test_cpu_over_time_is_fitted(self):
        """The load rises by 20 points per second, and so does the line."""
        collector = self.start_collector()
        # The fake node must be updated between two samples, however busy the machine is; otherwise cpu is absent.
        fleet, _ = self.start_fleet(["alpha"], collector, 0.05, "--interval", "500ms")
        collector.wait_samples("alpha", 1)
        fleet.move(0.95, 0.20)
        collector.wait_samples("alpha", 9)
        self.assert_stops(collector)

        frame = pandas.read_csv(f"{collector.data}/metrics.csv")
        self.assertEqual(list(frame.columns[:6]), ["node_id", "cpu", "memory", "disk_read", "disk_write", "timestamp"])
        for column in ("cpu", "memory", "timestamp"):
            self.assertEqual(str(frame[column].dtype), "float64")
        frame = frame[1:]  # the first tick may come before any time has passed on the fake node
        self.assertFalse(frame[["cpu", "timestamp"]].isna().any(axis=None))
        model = LinearRegression().fit(frame[["timestamp"]], frame["cpu"])
        self.assertAlmostEqual(model.coef_[0], 20.0, delta=6.0)

    def test_absent_values_are_missing_and_an_instance_is_text(self):
        collector = self.start_collector()
        self.start_fleet(["alpha"], collector, 0.5)
        collector.wait_samples("alpha", 3)
        self.assert_stops(collector)
        frame = pandas.read_csv(f"{collector.data}/metrics.csv")
        self.assertTrue(frame["disk_read"].isna().all())
        self.assertEqual(str(frame["instance"].dtype), "object")
        self.assertEqual(list(frame["seq"]), list(range(1, len(frame) + 1)))


if __name__ == "__main__":
    main()
