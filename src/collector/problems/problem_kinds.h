/* Pure. The kinds of problems, under the names of the alerts in packaging/prometheus/headroom-alerts.yml, with the same
 * severity and the same time for which a problem lasts before a person is notified. */
#ifndef COLLECTOR_PROBLEMS_PROBLEM_KINDS_H
#define COLLECTOR_PROBLEMS_PROBLEM_KINDS_H

#include <stdint.h>

/* The most severe first. */
enum problem_severity { PROBLEM_CRITICAL, PROBLEM_WARNING, PROBLEM_INFO, PROBLEM_SEVERITIES };

extern const char *const problem_severity_names[PROBLEM_SEVERITIES]; /* critical, warning, info */

#define PROBLEM_MINUTE_MS INT64_C(60000)
#define PROBLEM_HOUR_MS   (60 * PROBLEM_MINUTE_MS)

/* X(kind, "name", severity, for): docs/monitoring.md describes each of them. */
#define PROBLEM_KINDS(X)                                                                                               \
    X(ABLE_TO_SCALE, "able-to-scale", CRITICAL, 5 * PROBLEM_MINUTE_MS)                                                 \
    X(DATA_COMPLETE, "data-complete", WARNING, 10 * PROBLEM_MINUTE_MS)                                                 \
    X(LIMITED, "limited", WARNING, 15 * PROBLEM_MINUTE_MS)                                                             \
    X(FORECAST_TRUSTED, "forecast-trusted", INFO, 6 * PROBLEM_HOUR_MS)                                                 \
    X(SIGNALS_FRESH, "signals-fresh", WARNING, 5 * PROBLEM_MINUTE_MS)                                                  \
    X(HELPING, "helping", WARNING, 30 * PROBLEM_MINUTE_MS)                                                             \
    X(CONFIG_IN_FORCE, "config-in-force", WARNING, PROBLEM_HOUR_MS)                                                    \
    X(NODES_MISSING, "nodes-missing", WARNING, 5 * PROBLEM_MINUTE_MS)                                                  \
    X(NODES_ABOVE_HIGH, "nodes-above-high", WARNING, 10 * PROBLEM_MINUTE_MS)                                           \
    X(FILE_SYSTEMS_FILLING, "file-systems-filling", WARNING, 10 * PROBLEM_MINUTE_MS)                                   \
    X(PINNED, "pinned", INFO, 24 * PROBLEM_HOUR_MS)                                                                    \
    X(PAUSED, "paused", INFO, 24 * PROBLEM_HOUR_MS)                                                                    \
    X(STORE_HELD, "store-held", CRITICAL, PROBLEM_MINUTE_MS)                                                           \
    X(DECISIONS_HELD, "decisions-held", CRITICAL, PROBLEM_MINUTE_MS)                                                   \
    X(RETAIN_SIZE_REACHED, "retain-size-reached", INFO, PROBLEM_HOUR_MS)                                               \
    X(MEMORY_MAX_REACHED, "memory-max-reached", WARNING, 10 * PROBLEM_MINUTE_MS)                                       \
    X(SAMPLES_MISSING, "samples-missing", WARNING, 0)                                                                  \
    X(FORWARDER_BEHIND, "forwarder-behind", WARNING, 5 * PROBLEM_MINUTE_MS)                                            \
    X(FORWARDER_OVERTAKEN, "forwarder-overtaken", CRITICAL, PROBLEM_MINUTE_MS)                                         \
    X(FORWARDER_SILENT, "forwarder-silent", WARNING, 2 * PROBLEM_MINUTE_MS)                                            \
    X(FORWARDER_REFUSED, "forwarder-refused", WARNING, 0)                                                              \
    X(FORWARDER_LOST, "forwarder-lost", CRITICAL, 0)                                                                   \
    X(LIMITS_REACHED, "limits-reached", WARNING, 0)                                                                    \
    X(CLOCKS_OFF, "clocks-off", WARNING, 10 * PROBLEM_MINUTE_MS)                                                       \
    X(CERTIFICATE_EXPIRES, "certificate-expires", CRITICAL, 10 * PROBLEM_MINUTE_MS)                                    \
    X(EVENT_LOOP_SLOW, "event-loop-slow", WARNING, 10 * PROBLEM_MINUTE_MS)                                             \
    X(ALERT_PROGRAM_FAILING, "alert-program-failing", WARNING, 5 * PROBLEM_MINUTE_MS)

#define PROBLEM_ENUM(kind, name, severity, for_ms) PROBLEM_##kind,

enum problem_kind { PROBLEM_KINDS(PROBLEM_ENUM) PROBLEM_KIND_COUNT };

struct problem_kind_row {
    const char *name;
    enum problem_severity severity;
    int64_t for_ms;
};

extern const struct problem_kind_row problem_kinds[PROBLEM_KIND_COUNT];

#endif
