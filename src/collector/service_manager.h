/* Reports the collector's state to its service manager; see sd_notify(3) and common/notify.h. */
#ifndef COLLECTOR_SERVICE_MANAGER_H
#define COLLECTOR_SERVICE_MANAGER_H

#include "common/notify.h"

#include <stdint.h>
#include <uv.h>

struct intake_hub;

struct service_manager {
    struct notify notify;
    uint64_t extended_ms; /* when it was last asked for more time */
};

enum service_event {
    SERVICE_STATUS,  /* only the status has changed */
    SERVICE_READY,   /* started, or reloaded */
    SERVICE_STOPPING /* asks for time to write the last samples */
};

void service_manager_start(struct service_manager *manager, uv_loop_t *loop);
void service_manager_close(struct service_manager *manager);

/* status: one line, for people. */
void service_manager_report(struct service_manager *manager, enum service_event event, const char *status);

/* The same; the status is what the collector counts. */
void service_manager_report_hub(struct service_manager *manager, enum service_event event,
                                const struct intake_hub *hub);

/* A reload begins; SERVICE_READY ends it. */
void service_manager_report_reload(struct service_manager *manager);

/* A long start makes progress: asks for more time now and then. now_ms: monotonic. */
void service_manager_report_progress(struct service_manager *manager, uint64_t now_ms);

#endif
