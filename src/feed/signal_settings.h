/* Pure. The settings of a signal: a number from outside that scales a group, and where it comes from. */
#ifndef FEED_SIGNAL_SETTINGS_H
#define FEED_SIGNAL_SETTINGS_H

#include "common/limits.h"
#include "scaler/signal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SIGNAL_QUERY_MAX   2047U /* bytes of a query, a longer one belongs in a recording rule, */
#define SIGNAL_PROGRAM_MAX 1023U /* of a program with its arguments, */
#define SIGNAL_URL_MAX     511U  /* of an engine's address, */
#define SIGNAL_PATH_MAX    1023U /* and of a path */

#define SIGNAL_MISSING_TICKS 3

struct signal_settings {
    char name[SIGNAL_NAME_LEN_MAX + 1];
    char group[NAME_LEN_MAX + 1];
    enum signal_kind kind;
    char query[SIGNAL_QUERY_MAX + 1];       /* PromQL; empty: there is a program */
    char nodes_query[SIGNAL_QUERY_MAX + 1]; /* PromQL: how many nodes there are, where no agents run; empty: none */
    char program[SIGNAL_PROGRAM_MAX + 1];   /* its path, and arguments separated by spaces; empty: there is a query */
    double per_node;                        /* load: what one node carries at 100 % */
    double limit;                           /* limit: the value that must not be exceeded */
    double high;                            /* as a share; 0: that of the group's cpu */
    double target;                          /* the same */
    bool forecast;                          /* whether its forecast votes; never of a limit */
    enum signal_rule when_gone;             /* what applies once it has been missing for long */
    unsigned gone_nodes;                    /* of SIGNAL_NODES */
    int64_t missing_after_ms;               /* a value of that age is missing; 0: SIGNAL_MISSING_TICKS ticks */
    bool empty_is_zero;                     /* an answer without a series is 0, not missing */
    char url[SIGNAL_URL_MAX + 1];           /* of the engine; empty: query-url of [collector] */
    char token_file[SIGNAL_PATH_MAX + 1];   /* empty: query-token-file of [collector] */
    int64_t timeout_ms;                     /* of a query; 0: query-timeout of [collector] */
    unsigned given;                         /* a bit for each field that was set */
};

/* A load with a forecast, which holds when it is missing. */
extern const struct signal_settings signal_settings_initial;

#define SIGNAL_FIELDS 16

/* The names of the fields in the configuration file. */
extern const char *const signal_settings_field_names[SIGNAL_FIELDS];

#define SIGNAL_FIELDS_TEXT                                                                                             \
    "group, kind, query, nodes, program, per-node, limit, high, target, forecast, missing, missing-after, empty, "     \
    "url, "                                                                                                            \
    "token-file and timeout"

/* Sets the field of that index. Returns 0, or -EINVAL with "must be ..., got ..." in error. */
int signal_settings_set(struct signal_settings *signal, unsigned field, const char *value, char *error,
                        size_t error_size);

/* Once all lines are read: whether they make a signal; then `forecast` of a limit is off. Returns 0, or -EINVAL with
 * the reason in error. */
int signal_settings_check(struct signal_settings *signal, char *error, size_t error_size);

/* Whether the text can be the address of an engine. */
bool signal_settings_url_ok(const char *text);

/* The thresholds in effect: what the signal does not set follows those of the group's cpu. */
void signal_settings_thresholds(const struct signal_settings *signal, double cpu_high, double cpu_target, double *high,
                                double *target);

/* Whether no node at all can be enough for it, so that its group may have a min of 0: a load that is known to be 0
 * when there is nothing to do. */
bool signal_settings_may_be_zero(const struct signal_settings *signal);

/* In the form of the configuration file. */
void signal_settings_print(const struct signal_settings *signal, FILE *out);

/* The widest range of a query in PromQL, such as [5m]; of [1h:1m], 1 h. 0: it has none, or none that is understood. */
int64_t signal_settings_range_ms(const char *query);

/* Whether the query may show a fall of the demand that never was: when samples stop, a rate over a range falls for as
 * long as the range is, so a scale-in must wait for longer. window_ms: the shortest stabilization window that the
 * group's scaler may use. If so, text gets the warning. */
bool signal_settings_range_warning(const struct signal_settings *signal, int64_t window_ms, char *text, size_t size);

#endif
