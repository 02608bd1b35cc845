#include "collector/admin/admin_command.h"

#include "collector/fleet/membership.h"
#include "common/error_text.h"
#include "common/log.h"
#include "common/uint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAMES_SHOWN 10U /* in an answer and in the log */
#define NOTE_MAX    160U

/* The text of the answer. */
#define write_text(result, ...) (void)error_text_set((result)->text, sizeof(result)->text, 0, __VA_ARGS__)
#define tell(result, ...)       ((result)->ok = true, write_text(result, __VA_ARGS__))
#define refuse(result, ...)     ((result)->ok = false, write_text(result, __VA_ARGS__))

/* ---- groups ---- */

static void explain_unknown(const struct admin_world *world, const char *group, struct admin_result *result)
{
    const struct registry *registry = world->registry;
    struct writer writer = {.text = result->text, .size = sizeof result->text};

    writer_print(&writer, "there is no group %s; ", group);
    writer_print(&writer, registry->group_count == 0 ? "the collector knows none yet" : "the collector knows");
    for (unsigned i = 0; i < registry->group_count && i < NAMES_SHOWN; i++)
        writer_print(&writer, "%s %s", i == 0 ? "" : ",", registry->groups[i]->name);
    if (registry->group_count > NAMES_SHOWN)
        writer_print(&writer, " and %u more", registry->group_count - NAMES_SHOWN);
}

/* The last decision; NULL: there is none. */
static const struct decision *last_decision(const struct admin_world *world, const char *name)
{
    const struct group *group = registry_find_group(world->registry, name);
    const struct scaling *scaling = &world->autoscale->scaling;

    return group != NULL && scaling->groups[group->index].last.settings.tick_ms > 0
               ? &scaling->groups[group->index].last
               : NULL;
}

static unsigned needed_nodes(const struct decision *decision)
{
    unsigned nodes = 0;

    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        nodes = uint_max(nodes, uint_max(decision->vote_reactive[r], decision->vote_forecast[r]));
    return nodes;
}

static void note_need(const struct admin_world *world, const struct override *pin, struct writer *writer)
{
    const struct decision *decision = last_decision(world, pin->group);
    unsigned needed = decision != NULL ? needed_nodes(decision) : 0;

    if (needed <= pin->nodes)
        return;
    writer_print(writer, "; the load needs %u nodes", needed);
    if (decision->observed.live > pin->nodes)
        writer_print(writer, "; the pin removes nodes nevertheless");
}

/* What a person may not expect of the override. */
static void note_about(const struct admin_world *world, const struct override *override, struct writer *writer)
{
    const struct scaler_settings settings =
        scaled_group_settings(world->config, override->group, actuation_possible(&world->autoscale->scaling.actuation));

    if (settings.actuator == ACTUATOR_NONE)
        writer_print(writer, "; nothing carries out orders for the group: it has no hook (on-scale) and no reader");
    else if (!collector_config_scales(world->config, override->group))
        writer_print(writer,
                     "; the group is only observed: add its section to the configuration, or set scale-groups = "
                     "any");
    else if (settings.mode < MODE_OUT_ONLY)
        writer_print(writer, "; the mode of the group lets nothing be ordered");
    else if (override->kind == OVERRIDE_PAUSE)
        writer_print(writer, "; min is not restored meanwhile");
    else if (override->kind == OVERRIDE_PIN)
        note_need(world, override, writer);
}

static void set_override(const struct admin_world *world, const struct admin_request *request,
                         const struct admin_peer *peer, struct admin_result *result)
{
    static const enum override_kind kinds[] = {
        [ADMIN_PIN] = OVERRIDE_PIN,
        [ADMIN_PAUSE] = OVERRIDE_PAUSE,
        [ADMIN_PAUSE_SCALE_IN] = OVERRIDE_PAUSE_IN,
        [ADMIN_ACTIVATE] = OVERRIDE_ACTIVATE,
    };
    struct override override = {.kind = kinds[request->command],
                                .nodes = request->nodes,
                                .forced = request->force,
                                .set_ms = peer->now.wall_ms,
                                .until_ms = request->until_ms,
                                .uid = peer->uid};
    char text[OVERRIDE_TEXT_MAX];
    char note[NOTE_MAX] = "";
    struct writer writer = {.text = note, .size = sizeof note};

    memcpy(override.group, request->group, sizeof override.group);
    memcpy(override.user, request->user, sizeof override.user);
    memcpy(override.reason, request->reason, sizeof override.reason);
    if (overrides_check(&override, collector_config_group(world->config, override.group), peer->now.wall_ms,
                        result->text, sizeof result->text) < 0)
        return;
    int rc = override_store_set(&world->autoscale->overrides, &override);
    if (rc < 0) {
        refuse(result, rc == -ENOSPC ? "there are too many overrides; end some with headroom resume" : "out of memory");
        return;
    }
    autoscale_pause(world->autoscale, override.group);
    overrides_describe(&override, text, sizeof text);
    note_about(world, &override, &writer);
    tell(result, "%s: %s%s", override.group, text, note);
    result->saves = true;
}

static void format_peer(const struct admin_request *request, const struct admin_peer *peer, char *text, size_t size)
{
    if (request->user[0] != '\0')
        (void)snprintf(text, size, "%s (uid %u)", request->user, peer->uid);
    else
        (void)snprintf(text, size, "uid %u", peer->uid);
}

static void resume(const struct admin_world *world, const struct admin_request *request, const struct admin_peer *peer,
                   struct admin_result *result)
{
    char by[64];

    format_peer(request, peer, by, sizeof by);
    unsigned count = override_store_end(&world->autoscale->overrides, request->group, by);
    result->saves = count > 0;
    if (count == 0)
        tell(result, "%s: nothing was pinned, paused or activated", request->group);
    else
        tell(result, "%s: %u override%s ended; the scaler decides again", request->group, count, count == 1 ? "" : "s");
}

/* ---- nodes ---- */

/* Names for the log and the answer, as far as they are shown. */
struct names {
    struct writer writer;
    char text[NAMES_SHOWN * (NAME_LEN_MAX + 2) + 1];
    unsigned count;
};

static void add_name(struct names *names, const char *name)
{
    if (names->count++ < NAMES_SHOWN)
        writer_print(&names->writer, "%s%s", names->count == 1 ? "" : ", ", name);
}

/* The names first: a node that is forgotten is no longer among the missing ones. */
static void forget_missing(const struct admin_world *world, struct group *group, int64_t now_ms, struct names *names)
{
    const struct registry *registry = world->registry;

    for (unsigned i = 0; i < registry->node_count; i++) {
        const struct node *node = registry->nodes[i];
        if (node->group == group && registry_liveness(node, now_ms, world->config->gone_ms) == NODE_MISSING)
            add_name(names, node->id);
    }
    names->count = membership_forget_missing(world->registry, group, now_ms, world->config->gone_ms);
}

/* Nothing is forgotten unless all of the named nodes can be. */
static bool can_forget(const struct admin_world *world, const struct admin_request *request, const struct group *group,
                       int64_t now_ms, struct admin_result *result)
{
    for (unsigned i = 0; i < request->node_count; i++) {
        const struct node *node = registry_find_node(world->registry, request->node_ids[i]);
        enum liveness liveness = node != NULL ? registry_liveness(node, now_ms, world->config->gone_ms) : NODE_GONE;
        if (node == NULL || node->group != group)
            refuse(result, "group %s has no node %s; nothing was forgotten", group->name, request->node_ids[i]);
        else if (liveness == NODE_LIVE || liveness == NODE_NEW)
            refuse(result, "node %s reports, so it exists; stop its agent first. Nothing was forgotten", node->id);
        else
            continue;
        return false;
    }
    return true;
}

static void forget(const struct admin_world *world, const struct admin_request *request, const struct admin_peer *peer,
                   struct admin_result *result)
{
    struct group *group = registry_find_group(world->registry, request->group);
    struct names names = {.count = 0};
    char by[64];

    names.writer = (struct writer){.text = names.text, .size = sizeof names.text};
    if (group == NULL) {
        explain_unknown(world, request->group, result);
        return;
    }
    if (!can_forget(world, request, group, peer->now.now_ms, result))
        return;
    if (request->missing)
        forget_missing(world, group, peer->now.now_ms, &names);
    for (unsigned i = 0; i < request->node_count; i++) {
        struct node *node = registry_find_node(world->registry, request->node_ids[i]);
        if (registry_liveness(node, peer->now.now_ms, world->config->gone_ms) != NODE_GONE &&
            membership_forget(node, peer->now.now_ms, world->config->gone_ms))
            add_name(&names, node->id);
    }
    if (names.count == 0) {
        tell(result, "%s: no node is missing", group->name);
        return;
    }
    format_peer(request, peer, by, sizeof by);
    tell(result, "%s: forgot %u node%s: %s%s", group->name, names.count, names.count == 1 ? "" : "s", names.text,
         names.count > NAMES_SHOWN ? ", ..." : "");
    snapshot_poke(&world->autoscale->snapshot);
    log_info("%s, as %s has asked%s%s", result->text, by, request->reason[0] != '\0' ? ": " : "", request->reason);
}

void admin_command_run(const struct admin_world *world, const struct admin_request *request,
                       const struct admin_peer *peer, struct admin_result *result)
{
    result->ok = false;
    result->saves = false;
    if (request->command == ADMIN_FORGET)
        forget(world, request, peer, result);
    else if (registry_find_group(world->registry, request->group) == NULL &&
             !collector_config_names(world->config, request->group))
        explain_unknown(world, request->group, result);
    else if (request->command == ADMIN_RESUME)
        resume(world, request, peer, result);
    else
        set_override(world, request, peer, result);
}
