#include "collector/program_log.h"

#include "collector/account_text.h"
#include "collector/spawn/spawn_process.h"
#include "common/format.h"
#include "common/log.h"

#include <inttypes.h>

void program_log_start(const struct collector_config *config, unsigned port, unsigned http_port, unsigned agents_max)
{
    struct address address = config->listen;
    char name[ADDRESS_HOST_MAX + 10];

    address.port = (uint16_t)port;
    format_address(&address, name, sizeof name);
    log_info("headroom-collector " HEADROOM_VERSION ": listening on %s for up to %u agents, storing in %s", name,
             agents_max, config->data_dir);
    if (http_port == 0)
        return;
    address = config->http;
    address.port = (uint16_t)http_port;
    format_address(&address, name, sizeof name);
    const char *scheme = config->http_cert_file[0] != '\0' ? "https" : "http";
    log_info("%s on %s: the page is %s://%s/", scheme, name, scheme, name);
}

static double ms(uint64_t us)
{
    return (double)us / 1000.0;
}

static void log_loop(const struct loop_watch *watch)
{
    log_info("loop: busy for %.1f%% of the time; an event waits %.1f ms at the 99th percentile, %.1f ms at the "
             "99.9th; the longest turn took %.1f ms; in CPU time of the loop alone, %.1f, %.1f and %.1f ms",
             100.0 * loop_watch_busy(watch), ms(loop_watch_wait_us(watch, 0.99)), ms(loop_watch_wait_us(watch, 0.999)),
             ms(watch->turns.max), ms(loop_watch_cpu_us(watch, 0.99)), ms(loop_watch_cpu_us(watch, 0.999)),
             ms(watch->cpus.max));
}

void program_log_account(const struct intake_hub *hub, const struct loop_watch *watch, const struct histogram *waits_ms,
                         const char *when)
{
    char text[ACCOUNT_TEXT_MAX];

    account_text_collector(hub, when, text, sizeof text);
    log_info("%s", text);
    account_text_agents(hub->registry, text, sizeof text);
    log_info("%s", text);
    log_loop(watch);
    account_text_store(waits_ms, text, sizeof text);
    log_info("%s", text);
}

void program_log_spawner_lost(const char *why)
{
    log_error("the process that starts hooks, " SPAWN_PROCESS_NAME ", %s; the collector stops, because it can't scale "
              "without it: start it again",
              why);
}

void program_log_shortened(const struct registry *registry, uint64_t *logged)
{
    uint64_t shortened = registry->rings_shortened - *logged;

    if (shortened > 0)
        log_warning("%" PRIu64 " nodes have a history of only %u samples: memory-max is used up", shortened,
                    RING_SAMPLES_MIN);
    *logged = registry->rings_shortened;
}
