#include "agent/metrics/cgroup_source.h"

#include "agent/config/config.h"
#include "agent/metrics/cgroup_place.h"
#include "agent/metrics/cgroup_rates.h"
#include "agent/metrics/cgroup_text.h"
#include "agent/metrics/cgroup_view.h"
#include "agent/metrics/devices.h"
#include "agent/metrics/procfs.h"
#include "agent/metrics/rates.h"
#include "common/hash.h"
#include "common/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOOK_MS     10000U /* between two looks at the limits */
#define SEARCH_MS   60000U /* the same where there are none: they are seldom added to what runs */
#define PRESSURE_MS 3900U  /* as in average_source.c */
#define PRESSURES   3U
#define INACTIVE_MS 4900U /* five seconds, but for a tick that is early */

/* What /proc shows of the machine and would be false for the cgroup, whether or not the cgroup has it itself. */
#define MACHINE_METRICS                                                                                                \
    (1U << METRIC_CPU | 1U << METRIC_MEMORY | 1U << METRIC_DISK_READ | 1U << METRIC_DISK_WRITE |                       \
     1U << METRIC_DISK_BUSY | 1U << METRIC_LOAD1 | 1U << METRIC_IOWAIT | 1U << METRIC_STEAL | 1U << METRIC_SWAP |      \
     1U << METRIC_PSI_CPU | 1U << METRIC_PSI_MEMORY | 1U << METRIC_PSI_IO)

/* Of the memory in use, the part that the kernel can take back. For memory.stat, it adds up the counts of all cgroups
 * below, which takes longer than all other files together: it is read when more than a hundredth of the memory came or
 * went, and each INACTIVE_MS. */
struct inactive {
    bool known;
    uint64_t read_ms;
    uint64_t used; /* then */
    uint64_t bytes;
};

struct pressure {
    bool known;
    uint64_t read_ms;
    double percent;
};

/* The setting --cgroup. */
enum choice { CHOICE_OFF, CHOICE_AUTO, CHOICE_NAMED };

struct state {
    enum choice choice;
    const char *name; /* if it is named */
    bool has_root;
    uint64_t due_ms;   /* when to look at the limits next; 0: at once */
    bool has_asked;    /* for a thread that does it */
    uint64_t own_hash; /* of /proc/PID/cgroup at the last look at the mounts */
    bool has_places;
    struct cgroup_places places;
    struct cgroup_machine machine;
    struct cgroup_view view;
    struct cgroup_view next; /* while it is chosen */
    struct node_file files[CGROUP_FILES];
    struct cgroup_cpu cpu;
    unsigned impossible; /* intervals whose cpu time can't be right, so far */
    struct cgroup_throttling throttling;
    struct cgroup_count oom_kills;
    struct pressure pressures[PRESSURES];
    struct inactive inactive;
    struct device_table disks;
    struct device_asking asking;
    struct device_rates disk_rates;
};

/* ---- which cgroup ---- */

/* A file that is read once. The text lives until the next reading. */
static struct node_text read_once(const struct node_source *node, const char *path, bool whole)
{
    struct node_file file = node_file_at(path);
    struct node_text text = whole ? node_source_whole(node, &file) : node_source_head(node, &file);

    node_source_close(node, &file);
    return text;
}

/* With a root, the process with the number 1 there is asked: "self" would be the agent, which is in a container of its
 * own on that machine. */
static struct node_text read_process(const struct state *state, const struct node_source *node, const char *name)
{
    bool is_first = state->has_root && node->exists("/proc/1/cgroup", node->arg);
    char path[64];

    snprintf(path, sizeof path, "/proc/%s/%s", is_first ? "1" : "self", name);
    return read_once(node, path, true);
}

static void read_mounts(struct state *state, const struct node_source *node)
{
    bool is_unified = !node->exists("/sys/fs/cgroup/memory", node->arg);
    struct node_text text = read_process(state, node, "mountinfo");

    cgroup_places_mounted(&state->places, text.at, text.len, is_unified);
}

/* The list of mounts may be long: it is read again only when the process has moved to another cgroup. */
static void find_own(struct state *state, const struct node_source *node)
{
    struct node_text text = read_process(state, node, "cgroup");
    uint64_t hash = hash_fnv1a(hash_fnv1a_begin(), text.at, text.len);

    if (state->has_places && hash == state->own_hash)
        return;
    cgroup_places_init(&state->places);
    cgroup_places_own(&state->places, text.at, text.len);
    read_mounts(state, node);
    state->own_hash = hash;
    state->has_places = true;
}

static void find_named(struct state *state, const struct node_source *node)
{
    if (state->has_places)
        return;
    cgroup_places_init(&state->places);
    read_mounts(state, node);
    cgroup_places_name(&state->places, state->name);
    state->has_places = true;
}

/* These files may be lxcfs's, and hang with it: what was read when the cgroup was found is kept. */
static void look_at_machine(struct cgroup_machine *machine, const struct node_source *node)
{
    struct procfs_memory memory;
    uint64_t cpus;

    struct node_text text = read_once(node, "/sys/devices/system/cpu/online", false);
    if (cgroup_text_cpus(text.at, text.len, &cpus) == 0) {
        machine->cores = (unsigned)cpus;
    } else {
        text = read_once(node, "/proc/stat", true);
        (void)procfs_parse_cores(text.at, text.len, &machine->cores);
    }
    text = read_once(node, "/proc/meminfo", false);
    if (procfs_parse_memory(text.at, text.len, &memory) == 0)
        machine->memory_bytes = memory.total;
}

/* ---- the view ---- */

/* Counters of other files begin anew. */
static void forget(struct state *state, enum cgroup_file file)
{
    if (file == CGROUP_FILE_CPU)
        state->cpu.primed = false;
    if (file == CGROUP_FILE_THROTTLED)
        state->throttling.primed = false;
    if (file == CGROUP_FILE_OOM)
        state->oom_kills.primed = false;
    if (file == CGROUP_FILE_MEMORY_STAT)
        state->inactive.known = false;
    if (file >= CGROUP_FILE_PSI_CPU)
        state->pressures[file - CGROUP_FILE_PSI_CPU].known = false;
}

static void take_view(struct state *state, const struct node_source *node)
{
    for (unsigned i = 0; i < CGROUP_FILES; i++) {
        if (strcmp(state->view.paths[i], state->next.paths[i]) == 0)
            continue;
        node_source_close(node, &state->files[i]);
        state->files[i] = node_file_at(state->view.paths[i]);
        forget(state, i);
    }
    state->view = state->next;
}

static void look(struct state *state, const struct node_source *node)
{
    if (!state->view.found)
        look_at_machine(&state->machine, node);
    if (state->choice == CHOICE_AUTO) {
        find_own(state, node);
        cgroup_view_choose(&state->next, &state->places, &state->machine, node);
    } else {
        find_named(state, node);
        cgroup_view_take(&state->next, &state->places, &state->machine, node);
    }
    take_view(state, node);
}

/* ---- the metrics ---- */

static struct node_text read_file(struct state *state, const struct node_source *node, enum cgroup_file file)
{
    if (state->view.paths[file][0] == '\0')
        return (struct node_text){.at = ""};
    return file == CGROUP_FILE_IO ? node_source_whole(node, &state->files[file])
                                  : node_source_head(node, &state->files[file]);
}

static void read_throttling(struct state *state, struct node_text text, struct sample *metrics)
{
    uint64_t periods, throttled;
    double percent;

    if (cgroup_text_value(text.at, text.len, "nr_periods", &periods) == 0 &&
        cgroup_text_value(text.at, text.len, "nr_throttled", &throttled) == 0 &&
        cgroup_throttling_step(&state->throttling, periods, throttled, &percent))
        sample_set_gauge(metrics, METRIC_THROTTLED, percent);
}

static void add_usage(struct state *state, uint64_t usage_us, uint64_t read_ms, struct source_part *part)
{
    double percent;

    enum cgroup_verdict verdict = cgroup_cpu_step(&state->cpu, usage_us, read_ms, state->view.cpu_milli,
                                                  state->machine.cores * UINT64_C(1000), &percent);
    if (verdict == CGROUP_SHARE)
        sample_set_gauge(&part->metrics, METRIC_CPU, percent);
    if (verdict == CGROUP_IMPOSSIBLE)
        rates_complain(part->complaint, sizeof part->complaint, "the cgroup's counts of cpu time", ++state->impossible);
}

/* Usage and throttling are mostly in one file, which is read once. */
static void read_cpu(struct state *state, const struct node_source *node, struct source_part *part)
{
    const struct cgroup_view *view = &state->view;
    struct node_text text = read_file(state, node, CGROUP_FILE_CPU);
    uint64_t usage;

    int rc = view->cpu_is_1 ? cgroup_text_number(text.at, text.len, &usage)
                            : cgroup_text_value(text.at, text.len, "usage_usec", &usage);
    if (rc == 0)
        add_usage(state, view->cpu_is_1 ? usage / 1000 : usage, text.read_ms, part);
    if (view->paths[CGROUP_FILE_THROTTLED][0] == '\0')
        return;
    if (strcmp(view->paths[CGROUP_FILE_THROTTLED], view->paths[CGROUP_FILE_CPU]) != 0)
        text = read_file(state, node, CGROUP_FILE_THROTTLED);
    read_throttling(state, text, &part->metrics);
}

static double percent_of(uint64_t total, uint64_t used)
{
    return used < total ? 100.0 * (double)used / (double)total : 100.0;
}

static bool is_inactive_due(const struct inactive *last, uint64_t used, uint64_t uptime_ms, uint64_t memory_bytes)
{
    uint64_t moved = used > last->used ? used - last->used : last->used - used;

    return !last->known || uptime_ms - last->read_ms >= INACTIVE_MS || moved > memory_bytes / 100;
}

static uint64_t read_inactive(struct state *state, const struct node_source *node, uint64_t used, uint64_t uptime_ms)
{
    const char *key = state->view.memory_is_1 ? "total_inactive_file" : "inactive_file";
    struct inactive *last = &state->inactive;

    if (!is_inactive_due(last, used, uptime_ms, state->view.memory_bytes))
        return last->bytes;
    struct node_text text = read_file(state, node, CGROUP_FILE_MEMORY_STAT);
    *last = (struct inactive){.read_ms = uptime_ms, .used = used};
    last->known = cgroup_text_value(text.at, text.len, key, &last->bytes) == 0;
    return last->bytes;
}

/* The working set: what the kernel can't take back without harm. File pages that were not used lately it can, so they
 * are left out, as the kubelet and cAdvisor do. */
static void read_memory(struct state *state, const struct node_source *node, uint64_t uptime_ms, struct sample *metrics)
{
    const struct cgroup_view *view = &state->view;
    uint64_t used;

    struct node_text text = read_file(state, node, CGROUP_FILE_MEMORY);
    if (view->memory_bytes == 0 || cgroup_text_number(text.at, text.len, &used) < 0)
        return;
    uint64_t inactive = read_inactive(state, node, used, uptime_ms);
    sample_set_gauge(metrics, METRIC_MEMORY, percent_of(view->memory_bytes, inactive < used ? used - inactive : 0));
}

static void read_swap(struct state *state, const struct node_source *node, struct sample *metrics)
{
    uint64_t used;

    if (state->view.swap_bytes == 0)
        return;
    struct node_text text = read_file(state, node, CGROUP_FILE_SWAP);
    int rc = state->view.memory_is_1 ? cgroup_text_value(text.at, text.len, "total_swap", &used)
                                     : cgroup_text_number(text.at, text.len, &used);
    if (rc == 0)
        sample_set_gauge(metrics, METRIC_SWAP, percent_of(state->view.swap_bytes, used));
}

static void read_oom_kills(struct state *state, const struct node_source *node, struct sample *metrics)
{
    struct node_text text = read_file(state, node, CGROUP_FILE_OOM);
    uint64_t kills;

    if (cgroup_text_value(text.at, text.len, "oom_kill", &kills) == 0)
        sample_set_counter(metrics, METRIC_OOM_KILLS, cgroup_count_step(&state->oom_kills, kills));
}

/* Only what reaches a physical disk counts: device mapper and RAID pass the same bytes on. Without /sys, the kinds that
 * have fixed numbers are left out: ram, loop, md. */
static bool is_whole_disk(const struct node_source *node, const char *device)
{
    char path[CGROUP_DEVICE_MAX + 32];

    if (!node->exists("/sys/dev/block", node->arg))
        return strncmp(device, "1:", 2) != 0 && strncmp(device, "7:", 2) != 0 && strncmp(device, "9:", 2) != 0;
    snprintf(path, sizeof path, "/sys/dev/block/%s/device", device);
    return node->exists(path, node->arg);
}

static void count_io(struct state *state, const struct node_source *node, const struct cgroup_io *io)
{
    const struct device_reading reading = {.in = io->read_bytes, .out = io->written_bytes};
    struct device *disk = device_table_find(&state->disks, io->device);

    if (disk == NULL)
        return;
    if (devices_ask(&state->asking, disk))
        disk->kind = is_whole_disk(node, io->device) ? DEVICE_PHYSICAL : DEVICE_VIRTUAL;
    if (disk->kind == DEVICE_PHYSICAL)
        rates_devices_add(&state->disk_rates, disk, &reading);
}

static void read_io(struct state *state, const struct node_source *node, uint64_t uptime_ms, struct sample *metrics)
{
    struct node_text text = read_file(state, node, CGROUP_FILE_IO);
    const struct device_totals *totals = &state->disk_rates.totals;
    struct cgroup_io io;

    /* A failed read is no pass: it would look as if all disks had gone. */
    if (text.len == 0)
        return;
    devices_begin_pass(&state->asking, uptime_ms, true);
    device_table_begin_pass(&state->disks);
    rates_devices_begin(&state->disk_rates, uptime_ms);
    while (state->view.io_is_1 ? cgroup_text_next_io_1(&text.at, &text.len, &io)
                               : cgroup_text_next_io(&text.at, &text.len, &io))
        count_io(state, node, &io);
    devices_end_pass(&state->asking, &state->disks);
    if (!totals->any)
        return;
    sample_set_counter(metrics, METRIC_DISK_READ, totals->in_total);
    sample_set_counter(metrics, METRIC_DISK_WRITE, totals->out_total);
}

static void read_pressures(struct state *state, const struct node_source *node, uint64_t uptime_ms,
                           struct sample *metrics)
{
    static const enum metric metric[PRESSURES] = {METRIC_PSI_CPU, METRIC_PSI_MEMORY, METRIC_PSI_IO};

    for (unsigned i = 0; i < PRESSURES; i++) {
        struct pressure *last = &state->pressures[i];
        if (!last->known || uptime_ms - last->read_ms >= PRESSURE_MS) {
            struct node_text text = read_file(state, node, CGROUP_FILE_PSI_CPU + i);
            last->known = procfs_parse_pressure(text.at, text.len, &last->percent) == 0;
            last->read_ms = uptime_ms;
        }
        if (last->known)
            sample_set_gauge(metrics, metric[i], last->percent);
    }
}

/* ---- the source ---- */

static void put_facts(const struct state *state, struct node_facts *facts)
{
    const struct cgroup_view *view = &state->view;
    char cpus[NODE_CPUS_MAX];

    if (!view->found) {
        snprintf(facts->view, sizeof facts->view, "cgroup %.256s, which does not exist", state->name);
        return;
    }
    facts->cpu_milli = view->cpu_milli < UINT32_MAX ? (uint32_t)view->cpu_milli : UINT32_MAX;
    facts->memory_bytes = view->memory_bytes;
    node_facts_cpus(facts, cpus);
    snprintf(facts->view, sizeof facts->view, "cgroup %.256s: %s cpus, %" PRIu64 " MiB", view->name, cpus,
             view->memory_bytes >> 20);
}

/* The first reading is made by a thread, and so is each one after part->may_hang. */
static bool is_time_to_look(struct state *state, uint64_t uptime_ms, bool *may_hang)
{
    if (uptime_ms < state->due_ms)
        return false;
    *may_hang = state->due_ms > 0 && !state->has_asked;
    state->has_asked = *may_hang;
    return !*may_hang;
}

/* There is nothing to read until the next look. */
static void rest(struct state *state, struct source_part *part)
{
    part->rest_ms = SEARCH_MS;
    part->may_hang = true;
    state->has_asked = true;
}

static bool read_cgroup(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    struct state *state = arg;

    if (is_time_to_look(state, uptime_ms, &part->may_hang)) {
        look(state, node);
        state->due_ms = uptime_ms + LOOK_MS;
    }
    if (!state->view.found && state->choice == CHOICE_AUTO) {
        rest(state, part);
        return true;
    }
    part->replaces = MACHINE_METRICS;
    put_facts(state, &part->facts);
    if (!state->view.found) {
        snprintf(part->complaint, sizeof part->complaint,
                 "the cgroup %.80s does not exist; until it does, the node has no cpu, memory and disk metrics",
                 state->name);
        return true;
    }
    read_cpu(state, node, part);
    read_memory(state, node, uptime_ms, &part->metrics);
    read_swap(state, node, &part->metrics);
    read_oom_kills(state, node, &part->metrics);
    read_io(state, node, uptime_ms, &part->metrics);
    read_pressures(state, node, uptime_ms, &part->metrics);
    return true;
}

static enum choice choice_of(const char *setting)
{
    if (setting[0] == '\0' || strcmp(setting, "off") == 0)
        return CHOICE_OFF;
    return strcmp(setting, "auto") == 0 ? CHOICE_AUTO : CHOICE_NAMED;
}

static bool is_used(const struct agent_config *config)
{
    return choice_of(config->cgroup) != CHOICE_OFF;
}

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    state->choice = choice_of(config->cgroup);
    state->name = config->cgroup;
    state->has_root = config->root[0] != '\0';
    for (unsigned i = 0; i < CGROUP_FILES; i++)
        state->files[i] = node_file_at(state->view.paths[i]);
    return device_table_init(&state->disks);
}

static void deinit(void *arg, const struct node_source *node)
{
    struct state *state = arg;

    for (unsigned i = 0; i < CGROUP_FILES; i++)
        node_source_close(node, &state->files[i]);
    device_table_deinit(&state->disks);
}

const struct source cgroup_source = {
    .name = "cgroup",
    .replaces = MACHINE_METRICS,
    .state_size = sizeof(struct state),
    .is_used = is_used,
    .init = init,
    .deinit = deinit,
    .read = read_cgroup,
};
