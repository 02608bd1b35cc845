#include "agent/metrics/cgroup_view.h"

#include "agent/metrics/cgroup_text.h"

#include <stdio.h>
#include <string.h>

#define FILE_PATH_MAX (CGROUP_PATH_MAX + 32U)

/* ---- the cgroups of a hierarchy, upward ---- */

struct level {
    const char *dir;
    size_t len;
    size_t top_len;
};

static struct level first_level(const struct cgroup_place *place)
{
    return (struct level){place->dir, strlen(place->dir), place->top_len};
}

static bool has_parent(const struct level *level)
{
    return level->len > level->top_len;
}

static struct level parent_of(struct level level)
{
    do
        level.len--;
    while (level.len > level.top_len && level.dir[level.len] != '/');
    return level;
}

/* The path from the top of the hierarchy. */
static size_t depth_of(const struct level *level)
{
    return level->len - level->top_len;
}

static void put_path(char path[FILE_PATH_MAX], const struct level *level, const char *file)
{
    snprintf(path, FILE_PATH_MAX, "%.*s/%s", (int)level->len, level->dir, file);
}

static bool is_mounted(const struct level *level)
{
    return level->dir[0] != '\0';
}

static bool exists(const struct node_source *node, const struct level *level, const char *file)
{
    char path[FILE_PATH_MAX];

    if (!is_mounted(level))
        return false;
    put_path(path, level, file);
    return node->exists(path, node->arg);
}

typedef int parse_number(const char *text, size_t len, uint64_t *number);

/* CGROUP_UNLIMITED if it can't be read. */
static uint64_t read_number(const struct node_source *node, const struct level *level, const char *name,
                            parse_number *parse)
{
    char path[FILE_PATH_MAX];
    uint64_t number = CGROUP_UNLIMITED;

    if (!is_mounted(level))
        return CGROUP_UNLIMITED;
    put_path(path, level, name);
    struct node_file file = node_file_at(path);
    struct node_text text = node_source_head(node, &file);
    (void)parse(text.at, text.len, &number);
    node_source_close(node, &file);
    return number;
}

/* ---- limits ---- */

/* What limits a resource; each reads one cgroup. */
typedef uint64_t read_limit(const struct node_source *node, const struct level *level);

static uint64_t memory_max(const struct node_source *node, const struct level *level)
{
    return read_number(node, level, "memory.max", cgroup_text_number);
}

static uint64_t memory_limit_1(const struct node_source *node, const struct level *level)
{
    return read_number(node, level, "memory.limit_in_bytes", cgroup_text_number);
}

static uint64_t memory_and_swap_limit_1(const struct node_source *node, const struct level *level)
{
    return read_number(node, level, "memory.memsw.limit_in_bytes", cgroup_text_number);
}

static int parse_hierarchical(const char *text, size_t len, uint64_t *number)
{
    return cgroup_text_value(text, len, "hierarchical_memory_limit", number);
}

static uint64_t swap_max(const struct node_source *node, const struct level *level)
{
    return read_number(node, level, "memory.swap.max", cgroup_text_number);
}

static uint64_t quota(const struct node_source *node, const struct level *level)
{
    return read_number(node, level, "cpu.max", cgroup_text_quota);
}

static uint64_t quota_1(const struct node_source *node, const struct level *level)
{
    return cgroup_text_quota_of(read_number(node, level, "cpu.cfs_quota_us", cgroup_text_number),
                                read_number(node, level, "cpu.cfs_period_us", cgroup_text_number));
}

static uint64_t cpuset(const struct node_source *node, const struct level *level)
{
    return read_number(node, level, "cpuset.cpus.effective", cgroup_text_cpus);
}

static uint64_t cpuset_1(const struct node_source *node, const struct level *level)
{
    uint64_t cpus = read_number(node, level, "cpuset.effective_cpus", cgroup_text_cpus);

    return cpus != CGROUP_UNLIMITED ? cpus : read_number(node, level, "cpuset.cpus", cgroup_text_cpus);
}

/* One resource, in the hierarchy that has it. */
struct resource {
    const struct cgroup_place *place;
    bool is_1;
    read_limit *limit;
    uint64_t most; /* a limit above it is none */
};

static bool has_hierarchy(const struct cgroup_places *places, enum cgroup_hierarchy hierarchy)
{
    return places->at[hierarchy].dir[0] != '\0';
}

/* A controller is either in its hierarchy of version 1, or in that of version 2. */
static struct resource resource_of(const struct cgroup_places *places, enum cgroup_hierarchy hierarchy,
                                   read_limit *limit, read_limit *limit_1, uint64_t most)
{
    bool is_1 = has_hierarchy(places, hierarchy);

    return (struct resource){.place = &places->at[is_1 ? hierarchy : CGROUP_UNIFIED],
                             .is_1 = is_1,
                             .limit = is_1 ? limit_1 : limit,
                             .most = most};
}

struct resources {
    struct resource memory;
    struct resource quota;
    struct resource cpuset;
};

static struct resources all_resources(const struct cgroup_places *places, const struct cgroup_machine *machine)
{
    uint64_t cores = machine->cores > 0 ? machine->cores : UINT32_MAX;
    uint64_t memory_most = machine->memory_bytes > 0 ? machine->memory_bytes : CGROUP_UNLIMITED - 1;

    return (struct resources){
        .memory = resource_of(places, CGROUP_MEMORY, memory_max, memory_limit_1, memory_most),
        .quota = resource_of(places, CGROUP_CPU, quota, quota_1, cores * 1000),
        .cpuset = resource_of(places, CGROUP_CPUSET, cpuset, cpuset_1, cores - 1),
    };
}

/* The smallest limit from that cgroup upward, and the cgroup that has it. CGROUP_UNLIMITED: there is none. */
static uint64_t smallest_limit(const struct resource *resource, const struct node_source *node, struct level level,
                               struct level *at)
{
    uint64_t smallest = CGROUP_UNLIMITED;

    for (;; level = parent_of(level)) {
        uint64_t limit = resource->limit(node, &level);
        if (limit <= resource->most && limit < smallest) {
            smallest = limit;
            *at = level;
        }
        if (!has_parent(&level))
            return smallest;
    }
}

/* The nearest cgroup with a limit, from that one upward. */
static bool nearest_limit(const struct resource *resource, const struct node_source *node, struct level *level)
{
    for (;; *level = parent_of(*level)) {
        if (resource->limit(node, level) <= resource->most)
            return true;
        if (!has_parent(level))
            return false;
    }
}

/* The set of a cgroup holds for those below it. So it is that of the outermost one with the same number. */
static bool nearest_cpuset(const struct resource *resource, const struct node_source *node, struct level *level)
{
    uint64_t cpus = resource->limit(node, level);

    if (cpus > resource->most)
        return false;
    while (has_parent(level)) {
        struct level parent = parent_of(*level);
        if (resource->limit(node, &parent) != cpus)
            break;
        *level = parent;
    }
    return true;
}

/* ---- the cgroup ---- */

/* Whether the paths of two cgroups, in whatever hierarchies, are the same, or that of the first one is below. */
static bool is_within(const struct level *level, const struct level *outer)
{
    size_t depth = depth_of(outer);

    return depth <= depth_of(level) && memcmp(level->dir + level->top_len, outer->dir + outer->top_len, depth) == 0 &&
           (depth == depth_of(level) || level->dir[level->top_len + depth] == '/');
}

/* In another hierarchy, the cgroup of the same path if the process is in it or below it; else the process's own. */
static struct level same_in(const struct cgroup_place *place, const struct level *base)
{
    struct level level = first_level(place);

    if (is_within(&level, base))
        level.len = level.top_len + depth_of(base);
    return level;
}

/* Of two cgroups, in whatever hierarchies, the one that is further down. */
static void take_lower(struct level *base, bool *found, struct level level)
{
    if (!*found || depth_of(&level) > depth_of(base))
        *base = level;
    *found = true;
}

/* Version 1 also says the smallest limit of all ancestors, those that can't be seen included. */
static uint64_t hierarchical_limit_1(const struct resource *memory, const struct node_source *node,
                                     const struct level *level)
{
    uint64_t limit = memory->is_1 ? read_number(node, level, "memory.stat", parse_hierarchical) : CGROUP_UNLIMITED;

    return limit <= memory->most ? limit : CGROUP_UNLIMITED;
}

/* As nearest_limit(), or else the outermost cgroup if only ancestors that can't be seen have a limit. */
static bool nearest_memory_limit(const struct resource *memory, const struct node_source *node, struct level *level)
{
    return nearest_limit(memory, node, level) || hierarchical_limit_1(memory, node, level) != CGROUP_UNLIMITED;
}

static bool choose_base(const struct resources *all, const struct node_source *node, struct level *base)
{
    struct level memory = first_level(all->memory.place);
    struct level quotas = first_level(all->quota.place);
    struct level cpus = first_level(all->cpuset.place);
    bool found = false;

    if (nearest_memory_limit(&all->memory, node, &memory))
        take_lower(base, &found, memory);
    if (nearest_limit(&all->quota, node, &quotas))
        take_lower(base, &found, quotas);
    if (nearest_cpuset(&all->cpuset, node, &cpus))
        take_lower(base, &found, cpus);
    return found;
}

/* ---- the view ---- */

static void put_file(struct cgroup_view *view, enum cgroup_file file, const struct node_source *node,
                     const struct level *level, const char *name)
{
    view->paths[file][0] = '\0';
    if (exists(node, level, name))
        put_path(view->paths[file], level, name);
}

/* The cgroup whose figures count: the base, or where they can't be read there, the process's own. */
static struct level level_with(const struct cgroup_place *place, const struct level *base,
                               const struct node_source *node, const char *name)
{
    struct level level = same_in(place, base);

    return exists(node, &level, name) ? level : first_level(place);
}

static uint64_t at_most(uint64_t limit, uint64_t value)
{
    return value < limit ? value : limit;
}

/* The limits of a process's cpu time, and the cgroups that have them. */
struct cpu_limits {
    bool has_quota, has_cpuset;
    struct level quota, cpuset;
    uint64_t milli; /* CGROUP_UNLIMITED: neither they nor the machine's cores are known */
};

static struct cpu_limits cpu_limits_of(const struct resources *all, const struct cgroup_machine *machine,
                                       const struct node_source *node, const struct level *base)
{
    struct cpu_limits limits = {.quota = same_in(all->quota.place, base), .cpuset = same_in(all->cpuset.place, base)};
    uint64_t count = all->cpuset.limit(node, &limits.cpuset);

    limits.milli = smallest_limit(&all->quota, node, limits.quota, &limits.quota);
    limits.has_quota = limits.milli != CGROUP_UNLIMITED;
    limits.has_cpuset = nearest_cpuset(&all->cpuset, node, &limits.cpuset);
    if (limits.has_cpuset)
        limits.milli = at_most(count * 1000, limits.milli);
    if (machine->cores > 0)
        limits.milli = at_most(machine->cores * UINT64_C(1000), limits.milli);
    return limits;
}

/* Batch systems and version 1 may limit a process whose cpu time is counted in a larger cgroup, with that of others. */
static bool is_limited(const struct level *usage, const struct cpu_limits *limits)
{
    return (!limits->has_quota || is_within(usage, &limits->quota)) &&
           (!limits->has_cpuset || is_within(usage, &limits->cpuset));
}

static void view_cpu(struct cgroup_view *view, const struct cgroup_places *places, const struct resources *all,
                     const struct cgroup_machine *machine, const struct node_source *node, const struct level *base)
{
    const struct cpu_limits limits = cpu_limits_of(all, machine, node, base);

    view->cpu_milli = limits.milli != CGROUP_UNLIMITED ? limits.milli : 0;
    view->cpu_is_1 = has_hierarchy(places, CGROUP_CPUACCT);
    const char *usage = view->cpu_is_1 ? "cpuacct.usage" : "cpu.stat";
    struct level level = level_with(&places->at[view->cpu_is_1 ? CGROUP_CPUACCT : CGROUP_UNIFIED], base, node, usage);
    if (is_limited(&level, &limits))
        put_file(view, CGROUP_FILE_CPU, node, &level, usage);
    if (limits.has_quota)
        put_file(view, CGROUP_FILE_THROTTLED, node, &limits.quota, "cpu.stat");
}

static uint64_t memory_limit(const struct resource *memory, const struct node_source *node, const struct level *level)
{
    struct level at;

    return at_most(hierarchical_limit_1(memory, node, level), smallest_limit(memory, node, *level, &at));
}

static void view_swap(struct cgroup_view *view, const struct node_source *node, const struct level *level)
{
    const struct resource swap = {.limit = swap_max, .most = CGROUP_UNLIMITED - 1};
    struct level at;
    uint64_t limit = smallest_limit(&swap, node, *level, &at);

    view->swap_bytes = limit != CGROUP_UNLIMITED ? limit : 0;
    put_file(view, CGROUP_FILE_SWAP, node, level, "memory.swap.current");
}

/* Version 1 limits memory and swap together. Its "no limit" is the largest number of whole pages. */
static void view_swap_1(struct cgroup_view *view, const struct node_source *node, const struct level *level)
{
    const struct resource both = {.limit = memory_and_swap_limit_1, .most = INT64_MAX - UINT16_MAX - 1};
    struct level at;
    uint64_t limit = smallest_limit(&both, node, *level, &at);

    if (limit == CGROUP_UNLIMITED || limit <= view->memory_bytes)
        return;
    view->swap_bytes = limit - view->memory_bytes;
    put_file(view, CGROUP_FILE_SWAP, node, level, "memory.stat");
}

static void view_memory(struct cgroup_view *view, const struct resources *all, const struct cgroup_machine *machine,
                        const struct node_source *node, const struct level *base)
{
    const struct resource *memory = &all->memory;
    const char *usage = memory->is_1 ? "memory.usage_in_bytes" : "memory.current";
    struct level level = same_in(memory->place, base);
    uint64_t limit = memory_limit(memory, node, &level);

    view->memory_is_1 = memory->is_1;
    view->memory_bytes = limit != CGROUP_UNLIMITED ? limit : machine->memory_bytes;
    level = level_with(memory->place, base, node, usage);
    put_file(view, CGROUP_FILE_MEMORY, node, &level, usage);
    put_file(view, CGROUP_FILE_MEMORY_STAT, node, &level, "memory.stat");
    put_file(view, CGROUP_FILE_OOM, node, &level, memory->is_1 ? "memory.oom_control" : "memory.events");
    if (memory->is_1)
        view_swap_1(view, node, &level);
    else
        view_swap(view, node, &level);
}

static void view_io(struct cgroup_view *view, const struct cgroup_places *places, const struct node_source *node,
                    const struct level *base)
{
    static const char with_children[] = "blkio.throttle.io_service_bytes_recursive";

    view->io_is_1 = has_hierarchy(places, CGROUP_BLKIO);
    struct level level = same_in(&places->at[view->io_is_1 ? CGROUP_BLKIO : CGROUP_UNIFIED], base);
    if (!view->io_is_1)
        put_file(view, CGROUP_FILE_IO, node, &level, "io.stat");
    else if (exists(node, &level, with_children))
        put_file(view, CGROUP_FILE_IO, node, &level, with_children);
    else
        put_file(view, CGROUP_FILE_IO, node, &level, "blkio.throttle.io_service_bytes");
}

/* Version 2 only. On a hybrid host, the process may be elsewhere in that hierarchy: then there is none. */
static void view_pressure(struct cgroup_view *view, const struct cgroup_places *places, const struct node_source *node,
                          const struct level *base)
{
    struct level level = same_in(&places->at[CGROUP_UNIFIED], base);

    if (depth_of(&level) != depth_of(base))
        return;
    put_file(view, CGROUP_FILE_PSI_CPU, node, &level, "cpu.pressure");
    put_file(view, CGROUP_FILE_PSI_MEMORY, node, &level, "memory.pressure");
    put_file(view, CGROUP_FILE_PSI_IO, node, &level, "io.pressure");
}

static void view_all(struct cgroup_view *view, const struct cgroup_places *places, const struct resources *all,
                     const struct cgroup_machine *machine, const struct node_source *node, const struct level *base)
{
    snprintf(view->name, sizeof view->name, "%.*s", (int)base->len, base->dir);
    view_cpu(view, places, all, machine, node, base);
    view_memory(view, all, machine, node, base);
    view_io(view, places, node, base);
    view_pressure(view, places, node, base);
}

void cgroup_view_choose(struct cgroup_view *view, const struct cgroup_places *places,
                        const struct cgroup_machine *machine, const struct node_source *node)
{
    const struct resources all = all_resources(places, machine);
    struct level base;

    memset(view, 0, sizeof *view);
    view->found = choose_base(&all, node, &base);
    if (view->found)
        view_all(view, places, &all, machine, node, &base);
}

/* The hierarchy of the memory decides if it has the cgroup: it is the one that containers always have. */
static bool find_named(const struct cgroup_places *places, const struct node_source *node, struct level *base)
{
    static const enum cgroup_hierarchy order[] = {CGROUP_MEMORY, CGROUP_CPU, CGROUP_CPUACCT, CGROUP_UNIFIED};

    for (unsigned i = 0; i < sizeof order / sizeof *order; i++) {
        const char *dir = places->at[order[i]].dir;
        if (dir[0] != '\0' && node->exists(dir, node->arg)) {
            *base = first_level(&places->at[order[i]]);
            return true;
        }
    }
    return false;
}

void cgroup_view_take(struct cgroup_view *view, const struct cgroup_places *places,
                      const struct cgroup_machine *machine, const struct node_source *node)
{
    const struct resources all = all_resources(places, machine);
    struct level base;

    memset(view, 0, sizeof *view);
    view->found = find_named(places, node, &base);
    if (view->found)
        view_all(view, places, &all, machine, node, &base);
}
