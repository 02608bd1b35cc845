#include "collector/fleet/membership.h"
#include "collector/fleet/node_weight.h"

#include "common/parse.h"
#include "common/u64.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEX_DIGITS     ((size_t)16)
#define COUNT_AGAIN_MS 60000 /* between two answers that nodes are gone, the second of which is believed */
#define UNSTORED_MS    60000 /* of the newest samples, a crash may lose more than that only if the disk holds them up */

/* ---- what agents say ---- */

void membership_on_reading(struct node *node, int64_t taken_ms)
{
    if (!node->reported && !node->recovered && taken_ms > node->known_ms)
        node->known_ms = taken_ms;
    if (!node->reported || taken_ms > node->seen_ms)
        node->seen_ms = taken_ms;
    node->reported = true;
    if (node->farewell != FAREWELL_NONE && taken_ms > node->farewell_ms)
        node->farewell = FAREWELL_NONE;
}

/* Another machine may have got the name of one that was removed. */
static void begin_anew(struct node *node, int64_t now_ms)
{
    node->reported = false;
    node->recovered = false;
    node->known_ms = now_ms;
    node->first_s = (int32_t)(now_ms / 1000);
}

void membership_on_hello(struct node *node, uint32_t life_ms, int64_t now_ms)
{
    node->heard_ms = now_ms;
    node->life_ms = life_ms;
    switch ((enum farewell)node->farewell) {
    case FAREWELL_LEAVING:
    case FAREWELL_GONE:
        node->farewell = FAREWELL_NONE;
        begin_anew(node, now_ms);
        break;
    case FAREWELL_MOVED:
        node->farewell = FAREWELL_RESTARTING;
        node->farewell_ms = now_ms;
        break;
    case FAREWELL_NONE:
        if (node->presence == PRESENCE_ABSENT && now_ms - node->seen_ms > registry_live_ms(node))
            begin_anew(node, now_ms);
        break;
    case FAREWELL_RESTARTING:
    case FAREWELL_REBOOTING:
        break;
    }
}

void membership_on_goodbye(struct registry *registry, struct node *node, enum farewell farewell, int64_t now_ms)
{
    bool is_removed = farewell == FAREWELL_LEAVING && node->group != NULL && now_ms < (int64_t)node->removal_s * 1000;

    node->farewell = is_removed ? FAREWELL_GONE : (uint8_t)farewell;
    node->farewell_ms = now_ms;
    if (is_removed) {
        node->group->left_by_order++;
        node->removal_s = 0;
    }
    if (farewell == FAREWELL_RESTARTING)
        registry->restart_ms = now_ms + FAREWELL_GRACE_MS;
}

/* ---- the same node under another name ---- */

static bool may_be_renamed(const struct node *node, const struct group *group, int64_t now_ms)
{
    return node->group == group && node->intake == NULL && node->farewell == FAREWELL_RESTARTING &&
           now_ms - node->farewell_ms <= FAREWELL_GRACE_MS;
}

/* Several agents share a machine, and with it the boot id. A node without a sample may be the one that is renamed. */
static bool shares_machine(const struct node *node, uint64_t boot_id)
{
    bool is_away = node->farewell == FAREWELL_LEAVING || node->farewell == FAREWELL_GONE || node->noticed == NODE_GONE;

    return node->boot_id == boot_id && node->reported && !is_away;
}

/* All nodes are searched only while one restarts. */
struct node *membership_find_renamed(const struct registry *registry, const struct group *group, uint64_t boot_id,
                                     int64_t now_ms)
{
    struct node *found = NULL;

    if (boot_id == 0 || now_ms > registry->restart_ms)
        return NULL;
    for (unsigned i = 0; i < registry->node_count; i++) {
        struct node *node = registry->nodes[i];
        if (!shares_machine(node, boot_id))
            continue;
        if (found != NULL || !may_be_renamed(node, group, now_ms))
            return NULL;
        found = node;
    }
    return found;
}

void membership_rename(struct node *from, struct node *to, int64_t now_ms)
{
    struct ring ring = to->ring;

    to->ring = from->ring;
    from->ring = ring;
    to->reported = from->reported;
    to->seen_ms = from->seen_ms;
    to->known_ms = from->known_ms;
    to->first_s = from->first_s;
    to->joined_ms = from->joined_ms;
    to->by_order = from->by_order;
    to->presence = from->presence;
    to->noticed = from->noticed;
    to->former = from->former;
    to->farewell = from->farewell;
    to->farewell_ms = from->farewell_ms;
    from->presence = PRESENCE_ABSENT;
    from->noticed = NODE_GONE;
    from->former = NULL;
    from->farewell = FAREWELL_GONE;
    from->farewell_ms = now_ms;
}

/* ---- what persons and actuators say ---- */

void membership_note_ordered(struct group *group, unsigned nodes)
{
    group->ordered_away = nodes;
}

void membership_note_on_order(struct group *group, unsigned nodes)
{
    group->on_order = nodes;
}

void membership_note_removal(struct node *node, int64_t until_ms)
{
    node->removal_s = (uint32_t)(until_ms / 1000 + 1);
}

bool membership_forget(struct node *node, int64_t now_ms, int64_t gone_ms)
{
    if (registry_liveness(node, now_ms, gone_ms) == NODE_LIVE)
        return false;
    node->farewell = FAREWELL_GONE;
    node->farewell_ms = now_ms;
    return true;
}

unsigned membership_forget_missing(struct registry *registry, struct group *group, int64_t now_ms, int64_t gone_ms)
{
    unsigned forgotten = 0;

    for (unsigned i = 0; i < registry->node_count; i++) {
        struct node *node = registry->nodes[i];
        if (node->group == group && registry_liveness(node, now_ms, gone_ms) == NODE_MISSING)
            forgotten += membership_forget(node, now_ms, gone_ms);
    }
    mass_loss_end(&group->loss);
    return forgotten;
}

/* ---- the actuator's count ---- */

static int compare_name(const void *id, const void *name)
{
    return strcmp(id, *(const char *const *)name);
}

static bool is_named(const struct membership_answer *answer, const struct node *node)
{
    return answer->name_count > 0 &&
           bsearch(node->id, answer->names, answer->name_count, sizeof *answer->names, compare_name) != NULL;
}

/* What the collector sees of the group. */
struct sight {
    unsigned present; /* live, returning, or not reported yet */
    unsigned missing;
    unsigned unnamed; /* missing ones that the answer does not name */
    bool is_matched;  /* a node that is present is named */
};

static struct sight look(const struct registry *registry, const struct group *group,
                         const struct membership_answer *answer, int64_t now_ms, int64_t gone_ms)
{
    struct sight sight = {0};

    for (unsigned i = 0; i < registry->node_count; i++) {
        const struct node *node = registry->nodes[i];
        enum liveness liveness = registry_liveness(node, now_ms, gone_ms);
        if (node->group != group || liveness == NODE_NEW || liveness == NODE_LEAVING || liveness == NODE_GONE)
            continue;
        bool named = is_named(answer, node);
        sight.missing += liveness == NODE_MISSING;
        sight.unnamed += liveness == NODE_MISSING && !named;
        sight.present += liveness != NODE_MISSING;
        sight.is_matched = sight.is_matched || (liveness != NODE_MISSING && named);
    }
    return sight;
}

/* How many of the missing nodes are gone by this answer. */
static unsigned count_gone(const struct sight *sight, const struct membership_answer *answer)
{
    if (answer->exist < sight->present || (answer->name_count > 0 && !sight->is_matched))
        return 0;
    unsigned known = sight->present + sight->missing;
    unsigned gone = answer->exist < known ? known - answer->exist : 0;
    return answer->name_count > 0 && gone > sight->unnamed ? sight->unnamed : gone;
}

/* The node that has been missing for longest, of those that the answer does not name. */
static struct node *find_lost(const struct registry *registry, const struct group *group,
                              const struct membership_answer *answer, int64_t now_ms, int64_t gone_ms)
{
    struct node *lost = NULL;

    for (unsigned i = 0; i < registry->node_count; i++) {
        struct node *node = registry->nodes[i];
        if (node->group == group && registry_liveness(node, now_ms, gone_ms) == NODE_MISSING &&
            !is_named(answer, node) && (lost == NULL || node->seen_ms < lost->seen_ms))
            lost = node;
    }
    return lost;
}

unsigned membership_count(const struct registry *registry, struct group *group, const struct membership_answer *answer,
                          int64_t now_ms, int64_t gone_ms)
{
    struct sight sight = look(registry, group, answer, now_ms, gone_ms);
    unsigned gone = count_gone(&sight, answer);
    unsigned forgotten = 0;

    if (group->count.gone == 0 || gone == 0) {
        group->count = (struct membership_count){.asked_ms = now_ms, .gone = gone};
        return 0;
    }
    if (gone < group->count.gone)
        group->count.gone = gone;
    if (now_ms - group->count.asked_ms < COUNT_AGAIN_MS)
        return 0;
    for (; forgotten < group->count.gone; forgotten++) {
        struct node *lost = find_lost(registry, group, answer, now_ms, gone_ms);
        if (lost == NULL || !membership_forget(lost, now_ms, gone_ms))
            break;
    }
    group->count = (struct membership_count){.asked_ms = now_ms};
    return forgotten;
}

/* ---- over a restart of the collector ---- */

static const char *const farewell_names[] = {
    [FAREWELL_NONE] = "missing",    [FAREWELL_RESTARTING] = "restarting", [FAREWELL_REBOOTING] = "rebooting",
    [FAREWELL_LEAVING] = "leaving", [FAREWELL_MOVED] = "moved",           [FAREWELL_GONE] = "gone",
};

#define FAREWELLS (sizeof farewell_names / sizeof *farewell_names)
#define PRESENT   "present"

/* Whether the files of samples will tell that the node is gone: they end with the newest of all samples, of which the
 * last ones may be lost. */
static bool is_told_by_samples(const struct node *node, const struct membership_moment *at)
{
    return at->newest_ms != INT64_MIN && at->newest_ms - node->seen_ms > at->gone_ms + UNSTORED_MS;
}

/* It is gone before its time: a visitor. The files of samples would tell that it may still exist. */
static bool is_visitor_gone(const struct node *node, const struct membership_moment *at)
{
    bool is_early = node->farewell == FAREWELL_MOVED || at->now_ms - node->seen_ms <= at->gone_ms;

    return is_early && node->farewell != FAREWELL_LEAVING &&
           registry_liveness(node, at->now_ms, at->gone_ms) == NODE_GONE;
}

/* A node without a farewell is worth a line if it is held although it was silent for long, or changed its group. */
static bool is_worth_saving(const struct node *node, const struct membership_moment *at)
{
    enum liveness liveness = registry_liveness(node, at->now_ms, at->gone_ms);

    switch ((enum farewell)node->farewell) {
    case FAREWELL_NONE:
        return node->former != NULL || (at->now_ms - node->seen_ms > at->gone_ms && liveness == NODE_MISSING);
    case FAREWELL_MOVED:
        return true;
    case FAREWELL_LEAVING:
    case FAREWELL_GONE:
        return liveness == NODE_MISSING || !is_told_by_samples(node, at);
    case FAREWELL_RESTARTING:
    case FAREWELL_REBOOTING:
        break;
    }
    return liveness != NODE_GONE;
}

/* The files do not tell its weight and its age. */
static bool may_exist(const struct node *node, const struct membership_moment *at)
{
    enum liveness liveness = registry_liveness(node, at->now_ms, at->gone_ms);

    return liveness != NODE_NEW && liveness != NODE_GONE;
}

static int64_t wall_ms_of(int64_t time_ms, const struct membership_moment *at)
{
    int64_t wall_ms = time_ms + at->wall_ms - at->now_ms;

    return wall_ms > 0 ? wall_ms : 0;
}

/* Its agent may return after the restart, and only then can the collector tell it from another one. */
static bool is_owned(const struct node *node, const struct membership_moment *at)
{
    return (node->reported || node->recovered) && ownership_is_held(&node->ownership, false, at->now_ms);
}

/* Another agent that has just taken the owner's place would be shut out by the proof after a restart. */
static void put_owner(const struct node *node, struct writer *line)
{
    const struct instance *latest = registry_latest(node);

    if (latest != NULL && ownership_is_owner(&node->ownership, &latest->proof))
        writer_putf(line, " %016" PRIx64 "%016" PRIx64 " %016" PRIx64, latest->proof.words[0], latest->proof.words[1],
                    latest->id);
}

void membership_save(const struct node *node, const struct membership_moment *at, struct writer *line)
{
    if (node->group == NULL)
        return;
    bool is_gone = is_visitor_gone(node, at);
    bool is_worth = is_gone || is_worth_saving(node, at);
    if (!is_worth && !may_exist(node, at) && !is_owned(node, at))
        return;
    int64_t since_ms = node->farewell != FAREWELL_NONE ? node->farewell_ms : node->seen_ms;
    writer_putf(line, "%s %s %" PRId64 " %s %" PRIu32 " %" PRIu64 " %" PRId64, node->id,
                is_gone    ? farewell_names[FAREWELL_GONE]
                : is_worth ? farewell_names[node->farewell]
                           : PRESENT,
                wall_ms_of(since_ms, at), node->former != NULL ? node->former->name : "-", node->cpu_milli,
                u64_min(node->memory_bytes, INT64_MAX), wall_ms_of((int64_t)node->first_s * 1000, at));
    put_owner(node, line);
}

struct saved {
    char name[NAME_LEN_MAX + 1];
    char former[NAME_LEN_MAX + 1]; /* empty: none */
    bool is_present;               /* the samples tell the rest */
    enum farewell farewell;
    int64_t since_ms; /* wall clock */
    int64_t cpu_milli;
    int64_t memory_bytes;
    int64_t first_ms;   /* wall clock; 0: unknown */
    struct proof owner; /* none: unknown */
    uint64_t instance;  /* the owner's latest */
};

/* Copies the next word of the line, a name. false: it is none. */
static bool take_name(const char **at, char name[NAME_LEN_MAX + 1])
{
    size_t len = strcspn(*at, " ");

    if (len > NAME_LEN_MAX || !parse_name_ok(*at, len))
        return false;
    memcpy(name, *at, len);
    name[len] = '\0';
    *at += len + ((*at)[len] == ' ');
    return true;
}

static bool take_word(const char **at, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(*at, word, len) != 0 || ((*at)[len] != ' ' && (*at)[len] != '\0'))
        return false;
    *at += len + ((*at)[len] == ' ');
    return true;
}

static bool take_farewell(const char **at, struct saved *saved)
{
    saved->is_present = take_word(at, PRESENT);
    for (unsigned i = 0; i < FAREWELLS && !saved->is_present; i++)
        if (take_word(at, farewell_names[i])) {
            saved->farewell = i;
            return true;
        }
    return saved->is_present;
}

static bool take_number(const char **at, int64_t most, int64_t *number)
{
    char *end = NULL;

    errno = 0;
    *number = strtoll(*at, &end, 10);
    if (errno != 0 || end == *at || (*end != ' ' && *end != '\0') || *number < 0 || *number > most)
        return false;
    *at = end + (*end == ' ');
    return true;
}

/* A word of hexadecimal digits, 16 for each of `count` numbers. */
static bool take_hex(const char **at, uint64_t *numbers, size_t count)
{
    const char *digits = *at;
    size_t len = count * HEX_DIGITS;

    if (strspn(digits, "0123456789abcdef") != len || (digits[len] != ' ' && digits[len] != '\0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
        numbers[i / HEX_DIGITS] = numbers[i / HEX_DIGITS] << 4 | digit;
    }
    *at += len + (digits[len] == ' ');
    return true;
}

static bool take_owner(const char **at, struct saved *saved)
{
    return **at == '\0' || (take_hex(at, saved->owner.words, 2) && take_hex(at, &saved->instance, 1) && **at == '\0');
}

static bool parse_line(const char *line, struct saved *saved)
{
    *saved = (struct saved){0};
    if (!take_name(&line, saved->name) || !take_farewell(&line, saved) ||
        !take_number(&line, INT64_MAX, &saved->since_ms) ||
        (!take_word(&line, "-") && !take_name(&line, saved->former)))
        return false;
    return *line == '\0' ||
           (take_number(&line, UINT32_MAX, &saved->cpu_milli) && take_number(&line, INT64_MAX, &saved->memory_bytes) &&
            take_number(&line, INT64_MAX, &saved->first_ms) && take_owner(&line, saved));
}

static void adopt_farewell(struct node *node, const struct saved *saved, int64_t now_ms, int64_t wall_ms)
{
    int64_t since_ms = saved->since_ms - wall_ms + now_ms;

    node->farewell = (uint8_t)saved->farewell;
    node->farewell_ms = since_ms < now_ms ? since_ms : now_ms;
}

/* Its samples may not reach as far back. */
static void adopt_first(struct node *node, const struct saved *saved, int64_t now_ms, int64_t wall_ms)
{
    int64_t first_s = (saved->first_ms - wall_ms + now_ms) / 1000;

    if (saved->first_ms > 0 && first_s < node->first_s && first_s > INT32_MIN)
        node->first_s = (int32_t)first_s;
}

/* The owner spoke for it last, so its instances are the owner's, unless they began after this was saved: another agent
 * may have taken the owner's place since. */
static void adopt_owner(struct node *node, const struct saved *saved, int64_t now_ms)
{
    const struct instance *latest = registry_find_instance(node, saved->instance);

    ownership_take(&node->ownership, &saved->owner, false, now_ms);
    for (struct instance *instance = node->instances; instance != NULL; instance = instance->next)
        if (latest == NULL || instance->used <= latest->used)
            instance->proof = saved->owner;
}

/* A node that was missing is awaited like every node known from before, however long it was silent. */
int membership_adopt(const struct registry *registry, const char *line, int64_t now_ms, int64_t wall_ms)
{
    struct saved saved;

    if (!parse_line(line, &saved))
        return -EBADMSG;
    struct node *node = registry_find_node(registry, saved.name);
    if (node == NULL || node->group == NULL)
        return 0;
    if (!saved.is_present)
        adopt_farewell(node, &saved, now_ms, wall_ms);
    node->cpu_milli = node_weight_cpu_milli(0, (uint32_t)saved.cpu_milli);
    node->memory_bytes = node_weight_memory_bytes((uint64_t)saved.memory_bytes);
    adopt_first(node, &saved, now_ms, wall_ms);
    adopt_owner(node, &saved, now_ms);
    node->former = saved.former[0] != '\0' ? registry_find_group(registry, saved.former) : NULL;
    return 0;
}
