/* Pure. What makes a node a member of its group, or ends that: farewells, returns, renames, and who is forgotten.
 *
 *     Hello, readings --> live --Goodbye restarting--> returning --grace over--> missing --time--> gone
 *                          |  \--Goodbye leaving-----> leaving ---grace over--> gone
 *                          |  |      \--by an order-> gone
 *                          |  \--Goodbye moved-------> missing, until it is forgotten or back
 *                          +---silence---------------> missing
 *
 * registry_liveness() tells a node's state from what these functions note, and from the time. A node that reports
 * always exists, whatever was said of it before. */
#ifndef COLLECTOR_FLEET_MEMBERSHIP_H
#define COLLECTOR_FLEET_MEMBERSHIP_H

#include "collector/fleet/registry.h"
#include "common/writer.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- what agents say ---- */

/* A sample or a reading of the node, taken at that time. */
void membership_on_reading(struct node *node, int64_t taken_ms);

/* Its agent has connected. life_ms: how long it may then show no sign of life. A node that was not there at the last
 * tick is new: it joins with its first sample. */
void membership_on_hello(struct node *node, uint32_t life_ms, int64_t now_ms);

/* Its agent's Goodbye. A node that leaves as it was ordered to is gone at once. */
void membership_on_goodbye(struct registry *registry, struct node *node, enum farewell farewell, int64_t now_ms);

/* The node of the group that restarts, and whose machine has that boot id: an unknown node with the same boot id is the
 * same one under another name. NULL: there is none, or several agents share the machine, so the unknown node may as
 * well be one more. */
struct node *membership_find_renamed(const struct registry *registry, const struct group *group, uint64_t boot_id,
                                     int64_t now_ms);

/* The node `to`, which has no sample yet, is the node `from` under another name: it takes over its place in the group
 * and its ring, and `from` is gone. */
void membership_rename(struct node *from, struct node *to, int64_t now_ms);

/* ---- what persons and actuators say ---- */

/* nodes: how many of the group's nodes an order makes leave. They do not count as a loss. */
void membership_note_ordered(struct group *group, unsigned nodes);

/* nodes: how many are on order for the group. That many of the next nodes to join have come by order. */
void membership_note_on_order(struct group *group, unsigned nodes);

/* The node is removed by a scale-in that names it, until that second at the latest. */
void membership_note_removal(struct node *node, int64_t until_ms);

/* Somebody says that the node is gone. False, and nothing is changed: it reports. */
bool membership_forget(struct node *node, int64_t now_ms, int64_t gone_ms);

/* The same of all missing nodes of the group, which also ends its mass loss. Returns how many there were. */
unsigned membership_forget_missing(struct registry *registry, struct group *group, int64_t now_ms, int64_t gone_ms);

/* The actuator's answer: how many nodes of the group exist, and maybe which (name_count 0: it does not say). */
struct membership_answer {
    unsigned exist;
    const char *const *names; /* ascending */
    unsigned name_count;
};

/* Takes an answer. That missing nodes are gone is believed of the second answer that says so, at least a minute after
 * the first; an answer below the number of nodes that report is not believed. With names, at least one must be that of
 * a node that reports, and the missing nodes that are not named are forgotten; without, those missing for longest.
 * Returns how many were forgotten. */
unsigned membership_count(const struct registry *registry, struct group *group, const struct membership_answer *answer,
                          int64_t now_ms, int64_t gone_ms);

/* ---- over a restart of the collector ---- */

#define MEMBERSHIP_LINE_MAX 400U /* without a newline */

/* The moment of a saved state. */
struct membership_moment {
    int64_t now_ms;
    int64_t wall_ms;
    int64_t gone_ms;   /* as of registry_liveness() */
    int64_t newest_ms; /* the newest reading of all nodes; INT64_MIN: it is not known */
};

/* Writes what the files of samples do not tell of the node, without a newline; nothing if there is no such thing.
 *
 *     NAME restarting|rebooting|leaving|moved|gone|missing|present WALL_MS GROUP|- CORES MEMORY FIRST_MS [OWNER]
 *
 * WALL_MS: when it said so, or its newest sample. present: the samples tell the rest. GROUP: the one that it was in
 * before. CORES and MEMORY, in bytes: its weight, which counts while it does not report; 0: unknown. FIRST_MS: when it
 * was first seen. OWNER: the proof of its owner in hexadecimal (ownership.h), if that spoke for it last. An older state
 * ends with GROUP. */
void membership_save(const struct node *node, const struct membership_moment *at, struct writer *line);

/* Takes over such a line, after the nodes were read back and before any has connected. The line of an unknown node does
 * nothing. 0, or -EBADMSG and nothing is changed. */
int membership_adopt(const struct registry *registry, const char *line, int64_t now_ms, int64_t wall_ms);

#endif
