/* Reads the stored samples back at the start, and reports to the service manager that it is under way. */
#ifndef COLLECTOR_READ_BACK_H
#define COLLECTOR_READ_BACK_H

#include "collector/data_dir.h"
#include "collector/intake/intake.h"
#include "collector/service_manager.h"

#include <uv.h>

/* All of them are the caller's. */
struct read_back_parts {
    struct data_dir *data;
    struct collector_config *config;
    struct registry *registry;
    struct intake_account *account;
    struct service_manager *manager;
};

/* That may take long: nodes have STARTING_MS to report from its end on. 0, or a negative errno, which was logged. */
int read_back(const struct read_back_parts *parts, uv_loop_t *loop);

#endif
