#include "collector/service_manager.h"

#include "collector/account_text.h"

#include <inttypes.h>

#define STOP_EXTEND_USEC     "15000000"
#define PROGRESS_EXTEND_USEC "60000000"
#define PROGRESS_MS          5000U /* between two requests for more time */

void service_manager_start(struct service_manager *manager, uv_loop_t *loop)
{
    notify_start(&manager->notify, loop);
}

void service_manager_close(struct service_manager *manager)
{
    notify_close(&manager->notify);
}

void service_manager_report(struct service_manager *manager, enum service_event event, const char *status)
{
    static const char *const states[] = {
        [SERVICE_STATUS] = "",
        [SERVICE_READY] = "READY=1\n",
        [SERVICE_STOPPING] = "STOPPING=1\nEXTEND_TIMEOUT_USEC=" STOP_EXTEND_USEC "\n",
    };

    notify_send(&manager->notify, "%sSTATUS=%s", states[event], status);
}

void service_manager_report_hub(struct service_manager *manager, enum service_event event, const struct intake_hub *hub)
{
    char status[256];

    account_text_status(hub, hub->streaming, status, sizeof status);
    service_manager_report(manager, event, status);
}

void service_manager_report_reload(struct service_manager *manager)
{
    notify_send(&manager->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, (uint64_t)(uv_hrtime() / 1000));
}

void service_manager_report_progress(struct service_manager *manager, uint64_t now_ms)
{
    if (now_ms - manager->extended_ms < PROGRESS_MS)
        return;
    manager->extended_ms = now_ms;
    notify_send(&manager->notify, "EXTEND_TIMEOUT_USEC=" PROGRESS_EXTEND_USEC "\nSTATUS=Reading the stored samples");
}
