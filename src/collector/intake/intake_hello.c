#include "collector/intake/intake_hello.h"

#include "collector/fleet/membership.h"
#include "collector/fleet/node_weight.h"
#include "collector/intake/gap_note.h"
#include "collector/intake/intake_pace.h"
#include "collector/intake/intake_samples.h"
#include "collector/intake/key_rules.h"
#include "collector/intake/message_rules.h"

/* ---- another session of the same node ---- */

/* How long the session of another instance must have been silent before this one may take its node over. It sends
 * nothing between two reports. */
static uint64_t takeover_ms(const struct intake *intake, const struct node *node)
{
    uint64_t intervals_ms = (uint64_t)SILENT_ACK_INTERVALS * node->interval_ms;
    uint64_t acks_ms = (uint64_t)SILENT_ACK_INTERVALS * intake->hub->ack_interval_ms;

    if (intervals_ms > acks_ms)
        intervals_ms = acks_ms;
    return (intervals_ms > TAKEOVER_MS_MIN ? intervals_ms : TAKEOVER_MS_MIN) + registry_report_ms(node);
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

/* What a Hello claims: to be the agent of that node and instance. */
struct claim {
    const struct node *node; /* NULL: it is not known */
    struct proof proof;
    bool held;  /* the node has an owner, */
    bool owner; /* which this agent is */
    uint64_t now_ms;
};

static struct claim claim_of(const struct node *node, const Headroom__Hello *hello, uint64_t now_ms)
{
    struct claim claim = {.node = node, .now_ms = now_ms};

    if (hello->has_secret)
        claim.proof = ownership_proof(hello->secret.data, hello->secret.len);
    if (node == NULL)
        return claim;
    bool connected = node->intake != NULL && ownership_is_owner(&node->ownership, &node->intake->instance->proof);
    claim.held = ownership_is_held(&node->ownership, connected, (int64_t)now_ms);
    claim.owner = claim.held && ownership_is_owner(&node->ownership, &claim.proof);
    return claim;
}

/* The resume_seq and the acknowledgements of an instance are for the agent that began it. */
static bool may_continue(const struct claim *claim, uint64_t id)
{
    const struct instance *instance = claim->node != NULL ? registry_find_instance(claim->node, id) : NULL;

    return !claim->held || instance == NULL || ownership_is_none(&instance->proof) ||
           ownership_is_same(&instance->proof, &claim->proof);
}

/* Whether this Hello may end the session of the same node. */
static bool may_replace(const struct intake *intake, const struct claim *claim, const struct intake *old,
                        const Headroom__Hello *hello)
{
    bool is_same = old->instance->id == hello->instance;
    bool is_live = old->state == INTAKE_STREAMING && claim->now_ms - old->heard_ms < takeover_ms(intake, claim->node);
    bool is_owners = claim->held && ownership_is_owner(&claim->node->ownership, &old->instance->proof);

    if (is_owners != claim->owner)
        return claim->owner || old->state == INTAKE_LEAVING;
    return !is_live || ((is_same || claim->owner) && !is_other_boot(claim->node, hello));
}

/* Whether the key or certificate of this agent allows it to speak for a node that is another agent's. A node of which
 * no sample has come is in no group when its agent is gone. */
static bool may_take(struct intake *intake, const struct claim *claim)
{
    struct message_refusal refusal;

    if (intake->claim == NULL || !claim->held || claim->owner || claim->node->group == NULL ||
        key_rules_takes(intake->claim, intake->hub->config, claim->node->group->name, claim->node->id, &refusal))
        return true;
    intake_refuse(intake, &refusal);
    return false;
}

/* Rejects the node's other session, if there is one. false: that one stays, so this one is rejected. */
static bool take_over(struct intake *intake, const struct claim *claim, const Headroom__Hello *hello)
{
    struct intake *old = claim->node != NULL ? claim->node->intake : NULL;

    if (!may_take(intake, claim))
        return false;
    if (!may_continue(claim, hello->instance)) {
        INTAKE_REJECT(intake, RETRY, TWIN, "this instance of node %s is another agent's", claim->node->id);
        return false;
    }
    if (old == NULL)
        return true;
    if (!may_replace(intake, claim, old, hello)) {
        reject_twin(intake, claim->node, old->instance->id == hello->instance);
        return false;
    }
    INTAKE_REJECT(old, RETRY, TAKEN_OVER, "a newer connection reports for node %s", claim->node->id);
    intake_evict(intake, old);
    return true;
}

/* ---- validity ---- */

/* The rules of a Hello, and of the key that the peer has proved. */
static bool is_valid(struct intake *intake, const Headroom__Hello *hello)
{
    struct message_refusal refusal;

    if (message_hello_ok(hello, &refusal) && intake_key_ok(intake, hello->group, hello->node_id, &refusal))
        return true;
    intake_refuse(intake, &refusal);
    return false;
}

/* ---- room ---- */

#define NODES_LOOKED_AT 64U
#define SETTLING_MS     10000 /* in which a node shows that it exists */

static bool is_full(const struct intake_hub *hub)
{
    return hub->agents_max > 0 && hub->streaming >= hub->agents_max;
}

/* Whether the node's place among the agents may go to a node that is known: it is connected, and has sent too little.
 */
static bool is_crowd(const struct node *node, uint64_t now_ms)
{
    return node->intake != NULL && registry_is_visitor(node) && (int64_t)now_ms - node->known_ms >= SETTLING_MS;
}

/* Each call looks at some nodes only, and goes on behind those of the call before. */
static struct intake *find_crowd(struct registry *registry, uint64_t now_ms)
{
    for (unsigned i = 0; i < NODES_LOOKED_AT && registry->node_count > 0; i++) {
        const struct node *node = registry->nodes[registry->looked_at++ % registry->node_count];
        if (is_crowd(node, now_ms))
            return node->intake;
    }
    return NULL;
}

/* All places of agents are taken. A node that is known gets that of one that is not. */
static bool make_room(struct intake *intake, const struct claim *claim)
{
    struct intake_hub *hub = intake->hub;
    bool is_known = claim->node != NULL && !registry_is_visitor(claim->node);
    struct intake *crowd = is_known ? find_crowd(hub->registry, claim->now_ms) : NULL;

    hub->account.limits[INTAKE_LIMIT_AGENTS]++;
    if (crowd == NULL) {
        INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL, "%u agents are connected; --max-agents allows no more",
                      hub->streaming);
        return false;
    }
    INTAKE_REJECT(crowd, NEXT_COLLECTOR, FULL, "%u agents are connected; nodes that are known longer go first",
                  hub->streaming);
    intake_evict(intake, crowd);
    return true;
}

/* Whether agents have not connected too often as the node of the claim. */
static bool may_connect(struct intake *intake, const struct claim *claim, const Headroom__Hello *hello)
{
    const struct node *node = claim->node;
    bool is_new = node != NULL && registry_find_instance(node, hello->instance) == NULL;

    if (node == NULL || reconnects_allowed(&node->reconnects, claim->owner, is_new, (int64_t)claim->now_ms))
        return true;
    intake->hub->account.limits[INTAKE_LIMIT_RECONNECTS]++;
    INTAKE_REJECT(intake, RETRY, FULL, "agents connect as node %s too often, or begin too many instances", node->id);
    return false;
}

static struct newcomer newcomer_of(const struct intake *intake, uint64_t now_ms)
{
    return (struct newcomer){
        .origin = intake->origin,
        .identity = intake->claim != NULL && intake->claim->proof == PEER_KEY ? &intake->claim->key.identity : NULL,
        .agents_max = intake->hub->agents_max,
        .now_ms = now_ms,
    };
}

/* A node that is not known. */
static struct node *add_node(struct intake *intake, const Headroom__Hello *hello, uint64_t now_ms)
{
    struct intake_hub *hub = intake->hub;
    const struct newcomer newcomer = newcomer_of(intake, now_ms);

    if (!newcomers_allowed(&hub->newcomers, &newcomer)) {
        hub->account.limits[INTAKE_LIMIT_NEW_NODES]++;
        INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL,
                      "too many new nodes come from its address or with its key; %u an hour are let in",
                      newcomers_per_hour(hub->agents_max));
        return NULL;
    }
    struct node *node = registry_ensure_node(hub->registry, hello->node_id, hello->interval_ms, (int64_t)now_ms);
    if (node == NULL) {
        hub->account.limits[INTAKE_LIMIT_NODES]++;
        INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL, "the maximum number of nodes is reached");
        return NULL;
    }
    newcomers_note(&hub->newcomers, &newcomer);
    return node;
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

/* What no machine has counts as not said. */
static void note_size(struct node *node, const Headroom__Hello *hello, struct intake_account *account)
{
    uint32_t cores = hello->has_cores ? hello->cores : 0;
    uint32_t cpu_milli = hello->has_cpu_milli ? hello->cpu_milli : 0;
    uint64_t memory_bytes = hello->has_memory_bytes ? hello->memory_bytes : 0;

    node->cpu_milli = node_weight_cpu_milli(cores, cpu_milli);
    node->memory_bytes = node_weight_memory_bytes(memory_bytes);
    account->bad_values += node->cpu_milli == 0 && (cores > 0 || cpu_milli > 0);
    account->bad_values += node->memory_bytes == 0 && memory_bytes > 0;
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
    intake->takes_report_ms = hello->has_takes_report_ms && hello->takes_report_ms;
    intake_pace_begin(intake, now_ms);
    note_size(node, hello, &intake->hub->account);
    intake->protection_s = (uint32_t)((now_ms + (uint64_t)registry_live_ms(node)) / 1000 + 1);
    node->boot_id = hello->has_boot_id ? hello->boot_id : 0;
    node->prefers_other = hello->has_place && hello->place > 0;
    membership_on_hello(node, life_ms(intake->hub, node), (int64_t)now_ms);
    note_rename(intake, node, group, (int64_t)now_ms);
    instance->heard = true;
    instance->left = false;
    instance->account.gone = 0;
    intake->oldest_seq = hello->oldest_seq;
    intake->newest_seq = hello->newest_seq;
    agent_account_take(&instance->account, hello->account);
}

/* A run of an agent that has produced more samples than is possible would spoil the account of the whole fleet. */
static bool is_plausible(const struct node *node, const Headroom__Hello *hello)
{
    const struct instance *instance = node != NULL ? registry_find_instance(node, hello->instance) : NULL;

    return gap_note_plausible(instance, hello->newest_seq) && gap_note_plausible(instance, hello->oldest_seq - 1);
}

/* NULL: there is no room. That is checked first, so that a rejected instance does not replace another one. */
static struct instance *find_instance(struct intake *intake, struct node *node, const struct claim *claim,
                                      const Headroom__Hello *hello)
{
    struct instance *latest = registry_latest(node);
    struct instance *known = registry_find_instance(node, hello->instance);

    node->interval_ms = hello->interval_ms;
    if (!has_room(intake->hub, known) || !gap_note_fits(intake->hub->backlog, known, hello->oldest_seq) ||
        registry_ready_ring(intake->hub->registry, node) < 0)
        return NULL;
    note_end(intake, latest, hello->instance);
    struct instance *instance = registry_claim_instance(node, hello->instance, &claim->proof);
    if (instance == NULL)
        return NULL;
    ownership_take(&node->ownership, &claim->proof, claim->held, (int64_t)claim->now_ms);
    reconnects_note(&node->reconnects, claim->owner, known == NULL, (int64_t)claim->now_ms);
    return instance;
}

void intake_hello_take(struct intake *intake, const Headroom__Hello *hello, uint64_t now_ms, int64_t wall_ms)
{
    struct registry *registry = intake->hub->registry;

    if (!is_valid(intake, hello))
        return;
    struct node *known = registry_find_node(registry, hello->node_id);
    if (!is_plausible(known, hello)) {
        INTAKE_REJECT(intake, RETRY, MALFORMED, "oldest_seq %llu and newest_seq %llu are too far ahead",
                      (unsigned long long)hello->oldest_seq, (unsigned long long)hello->newest_seq);
        return;
    }
    const struct claim claim = claim_of(known, hello, now_ms);
    if (!may_connect(intake, &claim, hello) || !take_over(intake, &claim, hello))
        return;
    if (is_full(intake->hub) && !make_room(intake, &claim))
        return;
    struct group *group = registry_join_group(registry, hello->group);
    if (group == NULL) {
        intake->hub->account.limits[INTAKE_LIMIT_GROUPS]++;
        INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL, "the maximum number of groups is reached");
        return;
    }
    struct node *node = known != NULL ? known : add_node(intake, hello, now_ms);
    if (node == NULL)
        return;
    struct instance *instance = find_instance(intake, node, &claim, hello);
    if (instance == NULL) {
        INTAKE_REJECT(intake, RETRY, FULL, "too many samples wait for the disk, or there is no memory");
        return;
    }
    attach(intake, node, instance, group, hello, now_ms);
    /* Samples before oldest_seq that never arrived here were dropped, or another collector has them. */
    intake_samples_missing(intake, hello->oldest_seq, hello->losses, hello->n_losses, wall_ms);
}
