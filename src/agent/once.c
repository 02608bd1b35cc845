#include "agent/once.h"

#include "agent/report.h"
#include "agent/sampling/probe.h"
#include "common/sample.h"

#include <stdio.h>
#include <time.h>

/* Nobody waits for a tick here, so that a busy machine has more time than the deadline of a sample. */
#define WAIT_MS 3000U

int once_run(const struct agent_config *config)
{
    struct timespec interval = {.tv_sec = config->interval_ms / 1000,
                                .tv_nsec = (long)(config->interval_ms % 1000) * 1000000};
    char text[REPORT_TEXT_MAX];
    struct sample sample = {0};
    struct probe *probe = NULL;

    int rc = probe_new(config, &probe);
    if (rc < 0)
        return rc;
    nanosleep(&interval, NULL);
    probe_read(probe, WAIT_MS, &sample);
    sample_clean(&sample);
    const struct node_facts facts = probe_facts(probe);
    report_sample(text, config->node_id, config->group, facts.view, &sample);
    printf("%s\n", text);
    probe_free(probe);
    return 0;
}
