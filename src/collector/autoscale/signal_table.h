/* Pure. The values of all signals, as programs report them in lines, and which of them are missing.
 *
 *     nothing reported yet --value--> present --no newer one for missing-after, or "missing"--> missing
 *                                        ^                                                        |
 *                                        +------------------------value---- gone <--gone-after----+
 *
 * Times are of the collector's monotonic clock. */
#ifndef COLLECTOR_AUTOSCALE_SIGNAL_TABLE_H
#define COLLECTOR_AUTOSCALE_SIGNAL_TABLE_H

#include "collector/autoscale/conditions.h"
#include "collector/config/config.h"
#include "feed/feed_line.h"
#include "scaler/decision.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNAL_WHY_MAX  256U /* bytes of a reason; a longer one is cut */
#define SIGNAL_NOTE_MAX (SIGNAL_WHY_MAX + NAME_LEN_MAX + 160U)

struct signal_entry {
    char name[SIGNAL_NAME_LEN_MAX + 1];
    uint64_t source;          /* of its settings: another one, and the value would mean something else */
    int64_t begun_ms;         /* when it was configured */
    bool has_value;           /* there was one, and so are the next ones: */
    double value;             /* the last one */
    int64_t taken_ms;         /* the moment that it is of */
    bool has_nodes;           /* the last value came with a number of nodes */
    unsigned nodes;           /* that number */
    unsigned floor;           /* the smallest number of nodes that is needed; 0: not stated */
    char why[SIGNAL_WHY_MAX]; /* the last line said that it is missing; empty: it had a value */
    int64_t failed_ms;        /* the first line in a row that said so */
    int64_t noted_ms;         /* when the log last got a line about it; 0: not since it is missing */
    uint64_t missing_ticks;   /* at which it was missing */
};

struct signal_table {
    const struct collector_config *config;
    struct signal_entry *entries; /* SIGNAL_SECTIONS_MAX, in the order of config->signals; owned */
    struct signal_entry *spare;   /* the same, while the configuration changes */
    unsigned *by_name;            /* indices of entries, ascending by name; owned */
    unsigned count;
};

/* 0 or -ENOMEM. */
int signal_table_init(struct signal_table *table, const struct collector_config *config, int64_t now_ms);
void signal_table_deinit(struct signal_table *table);

/* Takes over another configuration. A signal keeps its value if it still means the same. */
void signal_table_reconfigure(struct signal_table *table, const struct collector_config *config, int64_t now_ms);

/* A line has come. 0, or -ENOENT: there is no such signal. Lines of other kinds are ignored. */
int signal_table_take(struct signal_table *table, const struct feed_line *line, int64_t now_ms);

/* ---- what is known ---- */

struct signal_status {
    enum signal_state state;
    int64_t age_ms;           /* of the last value; -1: there was none */
    int64_t since_ms;         /* since when it is missing, if it is */
    char why[SIGNAL_WHY_MAX]; /* why it is; empty while it is present */
};

/* The group's signals, ascending by name: the first of *count. */
const struct signal_entry *signal_table_of(const struct signal_table *table, const char *group, unsigned *count);

const struct signal_settings *signal_table_settings(const struct signal_table *table, const struct signal_entry *entry);

void signal_table_status(const struct signal_table *table, const struct signal_entry *entry, int64_t now_ms,
                         struct signal_status *status);

/* How many nodes a signal of the group says there are; 0: none says so. */
unsigned signal_table_nodes(const struct signal_table *table, const char *group);

/* ---- at a tick ---- */

/* Fills the signals of the group's observation, and counts those that are missing. settings: of the group. */
void signal_table_observe(struct signal_table *table, const char *group, const struct scaler_settings *settings,
                          int64_t now_ms, struct group_observation *observed);

/* Why signals of the group have no value, one after another. */
void signal_table_explain(const struct signal_table *table, const char *group, int64_t now_ms,
                          struct condition_absence *absence);

/* A signal of the group that has been missing for so long that a person should look, which is said each 5 minutes.
 * false: there is none. */
bool signal_table_take_note(struct signal_table *table, const char *group, int64_t now_ms, char note[SIGNAL_NOTE_MAX]);

#endif
