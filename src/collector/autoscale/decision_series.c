#include "collector/autoscale/decision_series.h"

#include <stddef.h>

const struct decision_series decision_series[DECISION_SERIES_COUNT] = {
    {"live", DECISION_SERIES_NODES, "state", "live", 1},
    {"missing", DECISION_SERIES_NODES, "state", "missing", 1},
    {"returning", DECISION_SERIES_NODES, "state", "returning", 1},
    {"leaving", DECISION_SERIES_NODES, "state", "leaving", 1},
    {"unreported", DECISION_SERIES_NODES, "state", "unreported", 1},
    {"cpu_demand", DECISION_SERIES_DEMAND, "resource", "cpu", 1},
    {"app_demand", DECISION_SERIES_DEMAND, "resource", "app", 1},
    {"cpu_capacity", DECISION_SERIES_CAPACITY, "resource", "cpu", 1},
    {"app_capacity", DECISION_SERIES_CAPACITY, "resource", "app", 1},
    {"cpu", DECISION_SERIES_UTILISATION, "resource", "cpu", 100},
    {"memory", DECISION_SERIES_UTILISATION, "resource", "memory", 100},
    {"disk", DECISION_SERIES_UTILISATION, "resource", "disk", 100},
    {"app", DECISION_SERIES_UTILISATION, "resource", "app", 100},
    {"existing", DECISION_SERIES_EXISTING, NULL, NULL, 1},
    {"pending", DECISION_SERIES_PENDING, NULL, NULL, 1},
    {"desired", DECISION_SERIES_DESIRED, NULL, NULL, 1},
};
