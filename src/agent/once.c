#include "agent/once.h"

#include "agent/probe.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Node id and group match [A-Za-z0-9._-]+, and metric names are ours: nothing needs escaping. */
static void print_sample(const struct agent_config *config, const struct sample *sample)
{
    printf("{\"node_id\": \"%s\", \"group\": \"%s\", \"timestamp\": %" PRId64 ".%03" PRId64, config->node_id,
           config->group, sample->time_ms / 1000, sample->time_ms % 1000);
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        printf(", \"%s\": ", metric_table[m].name);
        if (!sample_has(sample, m))
            printf("null");
        else if (metric_table[m].kind == METRIC_COUNTER)
            printf("%" PRIu64, sample->value[m].counter);
        else
            printf("%.2f", sample->value[m].gauge);
    }
    printf("}\n");
}

int agent_print_once(const struct agent_config *config)
{
    struct timespec interval = {.tv_sec = config->interval_ms / 1000,
                                .tv_nsec = (long)(config->interval_ms % 1000) * 1000000};
    struct sample sample = {0};
    struct probe *probe = NULL;

    int rc = probe_new(config->root, &probe);
    if (rc < 0) {
        log_error("can't read cpu or memory under %s/proc: %s; is --root right, and /proc mounted there?", config->root,
                  strerror(-rc));
        return rc;
    }
    probe_read(probe, clock_uptime_ms(), &sample);
    nanosleep(&interval, NULL);
    sample = (struct sample){.time_ms = clock_wall_ms()};
    probe_read(probe, clock_uptime_ms(), &sample);
    sample_clean(&sample);
    print_sample(config, &sample);
    probe_free(probe);
    return 0;
}
