/* Pure. The nodes by id, and the instances (runs) of each node's agent with the last seqs received and stored. Groups
 * are in registry_groups.h.
 *
 * All times are milliseconds of the collector's monotonic clock. Nodes, instances and groups never move in memory, so
 * callers may hold pointers to them. Groups are freed as registry_groups.h says; a node is freed, with its
 * instances, only to make room for another one, see registry_ensure_node(). */
#ifndef COLLECTOR_FLEET_REGISTRY_H
#define COLLECTOR_FLEET_REGISTRY_H

#include "collector/fleet/registry_groups.h"
#include "collector/fleet/registry_state.h"

/* history_ms: how much of the past each ring holds. 0 or -ENOMEM. */
int registry_init(struct registry *registry, int64_t history_ms);
void registry_deinit(struct registry *registry);

/* While the registry is pinned, no node is freed: a worker thread is reading the ids of nodes. */
void registry_pin(struct registry *registry);
void registry_unpin(struct registry *registry);

/* The node of that id; adds one if there is none. NULL: no memory, or no place. Ids match parse_name_ok(). interval_ms
 * sizes the ring of a new node. When all NODES_MAX places are taken, and the registry is not pinned, the new node
 * replaces one that is not connected and never sent a sample, sent samples only for a moment 10 minutes ago, or has
 * been silent for a day. A call looks at 64 of them, the next one at the following ones. */
struct node *registry_ensure_node(struct registry *registry, const char *id, uint32_t interval_ms, int64_t now_ms);
struct node *registry_find_node(const struct registry *registry, const char *id);

/* The node's instance of that id; adds one if there is none. When there are INSTANCES_PER_NODE_MAX, it replaces the one
 * least recently used that is not connected and has nothing left to store. Those of the node's owner go last, and its
 * latest one never for another agent's. proof: of the agent; it is kept in a new instance, and in one that has none.
 * NULL: there is none such, or no memory. */
struct instance *registry_ensure_instance(struct node *node, uint64_t id);
struct instance *registry_claim_instance(struct node *node, uint64_t id, const struct proof *proof);

/* Whether the node's place may be given to another one: it is not connected, nothing of it waits for the disk, and it
 * never sent a sample, sent samples only for a moment 10 minutes ago, or has been silent for a day. */
bool registry_may_be_replaced(const struct node *node, int64_t now_ms);

/* It sent samples for less than 10 s, in this run or before the start, or none at all. */
bool registry_is_visitor(const struct node *node);

/* NULL: there is none of that id. */
struct instance *registry_find_instance(const struct node *node, uint64_t id);

/* Whether a new instance would replace none. */
bool registry_has_place(const struct node *node);

/* The node's most recently used instance, or NULL. */
struct instance *registry_latest(const struct node *node);

/* The interval between two samples of the node, as far as the collector waits for it. */
uint32_t registry_interval_ms(const struct node *node);

/* The time between two reports of a node that sends several samples together; 0: it sends each one at once. */
uint32_t registry_report_ms(const struct node *node);

/* A node whose newest sample is older than this is late. It is live while it shows signs of life, and missing else. */
int64_t registry_live_ms(const struct node *node);

/* gone_ms: how long a node is missing before it is gone. One that is connected never is: after an outage its agent
 * sends its oldest samples first. Neither is one that went missing in a mass loss that has not ended, nor one whose
 * agent has moved. One that has sent samples for less than ten of its intervals (1 to 10 s), and has lost its
 * connection, was never more than a visitor: it is gone 3 s later, whatever its agent said. */
enum liveness registry_liveness(const struct node *node, int64_t now_ms, int64_t gone_ms);

/* Nodes read back from disk have STARTING_MS from now on to report; those that have connected, and those whose samples
 * are posted, until their first sample is due, and ROLL_CALL_MS_MAX at most. */
void registry_restart_waiting(struct registry *registry, int64_t now_ms);

/* Frees the rings of nodes that are not connected and whose samples are all older than the history. */
void registry_trim_rings(struct registry *registry, int64_t now_ms);

/* Whether the node's ring has no more than the smallest capacity, because rings_bytes_max left no room for it. */
bool registry_has_short_ring(const struct registry *registry, const struct node *node);

/* Allocates the node's ring if it was freed, or resizes it if the node's interval has changed. Call it before samples
 * are taken. A ring for which rings_bytes_max leaves no room gets the smallest capacity. 0 or -ENOMEM. */
int registry_ready_ring(struct registry *registry, struct node *node);

#endif
