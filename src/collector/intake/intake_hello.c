#include "collector/intake/intake_hello.h"

#include "collector/fleet/membership.h"
#include "collector/intake/gap_note.h"
#include "collector/intake/intake_samples.h"
#include "collector/intake/key_rules.h"
#include "collector/intake/message_rules.h"

/* ---- another session of the same node ---- */

/* How long the session of another instance must have been silent before this one may take its node over. */
static uint64_t takeover_ms(const struct intake *intake, const struct node *node)
{
    uint64_t intervals_ms = (uint64_t)SILENT_ACK_INTERVALS * node->interval_ms;
    uint64_t acks_ms = (uint64_t)SILENT_ACK_INTERVALS * intake->hub->ack_interval_ms;

    if (intervals_ms > acks_ms)
        intervals_ms = acks_ms;
    return intervals_ms > TAKEOVER_MS_MIN ? intervals_ms : TAKEOVER_MS_MIN;
}

/* The same instance on another boot: its machine was rebooted, or its spool was copied to another machine. */
static bool is_other_boot(const struct node *node, const Headroom__Hello *hello)
{
    return node->boot_id != 0 && hello->has_boot_id && hello->boot_id != 0 && hello->boot_id != node->boot_id;
}

static void reject_twin(struct intake *intake, const struct node *node, bool is_copy)
{
    if (is_copy)
        INTAKE_REJECT(intake, RETRY, TWIN,
                      "this agent has a copy of the spool of another live machine; stop it, and remove the copied file "
                      "from its --spool directory; both report for node %s",
                      node->id);
    else
        INTAKE_REJECT(intake, RETRY, TWIN, "another live agent reports for node %s; two agents share one --node-id",
                      node->id);
}

/* Rejects the node's other session, if there is one. false: that one is live and of another instance, or of the same
 * one on another machine, so this one is rejected. */
static bool take_over(struct intake *intake, const struct node *node, const Headroom__Hello *hello, uint64_t now_ms)
{
    struct intake *old = node != NULL ? node->intake : NULL;

    if (old == NULL)
        return true;
    bool is_same = old->instance->id == hello->instance;
    bool is_live = old->state == INTAKE_STREAMING && now_ms - old->heard_ms < takeover_ms(intake, node);
    if (is_live && (!is_same || is_other_boot(node, hello))) {
        reject_twin(intake, node, is_same);
        return false;
    }
    INTAKE_REJECT(old, RETRY, TAKEN_OVER, "a newer connection reports for node %s", node->id);
    intake->evicted = old;
    return true;
}

/* ---- validity ---- */

/* The rules of a Hello, and of the key that the peer has proved. */
static bool is_valid(struct intake *intake, const Headroom__Hello *hello)
{
    struct message_refusal refusal;

    if (message_hello_ok(hello, &refusal) &&
        (intake->claim == NULL || key_rules_ok(intake->claim, hello->group, hello->node_id, &refusal)))
        return true;
    intake_refuse(intake, &refusal);
    return false;
}

/* ---- room ---- */

static bool is_full(const struct intake_hub *hub)
{
    return hub->agents_max > 0 && hub->streaming >= hub->agents_max;
}

/* Whether there is room for another agent's credit. The instance's rows that are already in the backlog count against
 * that credit. instance: NULL for a new one. */
static bool has_room(const struct intake_hub *hub, const struct instance *instance)
{
    return intake_room(hub) + (instance != NULL ? instance->pending : 0) >= hub->credit;
}

/* ---- the node and its instance ---- */

/* The node's last instance has ended, if it has connected to this collector and said no Goodbye. What it had not sent
 * may be lost. */
static void note_end(struct intake *intake, struct instance *before, uint64_t instance)
{
    if (before == NULL || before->id == instance || !before->heard || before->left)
        return;
    before->left = true; /* it is reported once */
    agent_account_end(&before->account, before->received_seq);
    intake->hub->account.ended++;
    intake->findings.ended_instance = before->id;
    intake->findings.ended_seq = before->received_seq;
}

/* How long a connected agent may show no sign of life: its samples are due each interval, and if they can't be sent, a
 * frame each ack interval. */
static uint32_t life_ms(const struct intake_hub *hub, const struct node *node)
{
    int64_t samples_ms = registry_live_ms(node);
    int64_t frames_ms = 2 * (int64_t)hub->ack_interval_ms;

    return (uint32_t)(samples_ms > frames_ms ? samples_ms : frames_ms);
}

/* A node that was never seen may be one that restarts, under another name. */
static void note_rename(struct intake *intake, struct node *node, const struct group *group, int64_t now_ms)
{
    struct node *from = NULL;

    if (!node->reported && !node->recovered)
        from = membership_find_renamed(intake->hub->registry, group, node->boot_id, now_ms);
    if (from == NULL)
        return;
    membership_rename(from, node, now_ms);
    intake->findings.renamed = from;
}

static void attach(struct intake *intake, struct node *node, struct instance *instance, struct group *group,
                   const Headroom__Hello *hello, uint64_t now_ms)
{
    intake->hub->streaming++;
    intake->node = node;
    intake->instance = instance;
    intake->state = INTAKE_STREAMING;
    intake->version = (uint8_t)(hello->version < WIRE_VERSION ? hello->version : WIRE_VERSION);
    intake->welcome_due = true;
    node->intake = intake;
    backlog_adopt(intake->hub->backlog, instance, intake);
    registry_assign(intake->hub->registry, node, group);
    node->cpu_milli =
        registry_cpu_milli(hello->has_cores ? hello->cores : 0, hello->has_cpu_milli ? hello->cpu_milli : 0);
    node->memory_bytes = hello->has_memory_bytes ? hello->memory_bytes : 0;
    intake->protection_s = (uint32_t)((now_ms + (uint64_t)registry_live_ms(node)) / 1000 + 1);
    node->boot_id = hello->has_boot_id ? hello->boot_id : 0;
    node->prefers_other = hello->has_place && hello->place > 0;
    membership_on_hello(node, life_ms(intake->hub, node), (int64_t)now_ms);
    note_rename(intake, node, group, (int64_t)now_ms);
    instance->heard = true;
    instance->left = false;
    instance->account.gone = 0;
    intake->newest_seq = hello->newest_seq;
    agent_account_take(&instance->account, hello->account);
}

/* NULL: there is no room. That is checked first, so that a rejected instance does not replace another one. */
static struct instance *find_instance(struct intake *intake, struct node *node, const Headroom__Hello *hello)
{
    struct instance *latest = registry_latest(node);
    struct instance *known = registry_find_instance(node, hello->instance);

    node->interval_ms = hello->interval_ms;
    if (!has_room(intake->hub, known) || !gap_note_fits(intake->hub->backlog, known, hello->oldest_seq) ||
        registry_ready_ring(intake->hub->registry, node) < 0)
        return NULL;
    note_end(intake, latest, hello->instance);
    return registry_ensure_instance(node, hello->instance);
}

void intake_hello_take(struct intake *intake, const Headroom__Hello *hello, uint64_t now_ms, int64_t wall_ms)
{
    struct registry *registry = intake->hub->registry;

    if (!is_valid(intake, hello) || !take_over(intake, registry_find_node(registry, hello->node_id), hello, now_ms))
        return;
    if (is_full(intake->hub)) {
        INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL, "%u agents are connected; --max-agents allows no more",
                      intake->hub->streaming);
        return;
    }
    struct group *group = registry_ensure_group(registry, hello->group);
    struct node *node =
        group != NULL ? registry_ensure_node(registry, hello->node_id, hello->interval_ms, (int64_t)now_ms) : NULL;
    if (node == NULL) {
        INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL, "the maximum number of %ss is reached",
                      group == NULL ? "group" : "node");
        return;
    }
    struct instance *instance = find_instance(intake, node, hello);
    if (instance == NULL) {
        INTAKE_REJECT(intake, RETRY, FULL, "too many samples wait for the disk, or there is no memory");
        return;
    }
    attach(intake, node, instance, group, hello, now_ms);
    /* Samples before oldest_seq that never arrived here were dropped, or another collector has them. */
    intake_samples_missing(intake, hello->oldest_seq, hello->losses, hello->n_losses, wall_ms);
}
