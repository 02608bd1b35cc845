/* Pure. The queries of a configuration: signals that ask the same engine for the same are one query. */
#ifndef BRIDGE_QUERY_QUERY_LIST_H
#define BRIDGE_QUERY_QUERY_LIST_H

#include "feed/signal_settings.h"

#include <stdint.h>

/* What holds for signals that do not set it themselves. */
struct query_defaults {
    const char *url; /* empty: none */
    const char *token_file;
    int64_t timeout_ms;
    int64_t tick_ms;
};

/* One signal's place in the list. */
struct query_signal {
    const struct signal_settings *settings;
    const char *url;
    const char *token_file; /* empty: none */
    int64_t timeout_ms;
    int64_t lookback_ms; /* how old the newest sample may be */
};

struct query {
    unsigned first; /* of its signals; all of them ask the same */
    unsigned count;
    unsigned engine; /* queries of one address have one number, from 0 */
    uint64_t hash;   /* of what is asked */
};

struct query_list {
    struct query_signal *signals; /* owned; those with a query, sorted by what they ask */
    unsigned signal_count;
    struct query *queries; /* owned */
    unsigned count;
    unsigned engine_count;
};

/* The settings and defaults must outlive the list. 0 or -ENOMEM. */
int query_list_init(struct query_list *list, const struct signal_settings *signals, unsigned count,
                    const struct query_defaults *defaults);

/* Also of zeros. */
void query_list_deinit(struct query_list *list);

#define QUERY_FORM_MAX (6 * SIGNAL_QUERY_MAX + 768U)

/* The body of the request, for both the value and the number of nodes if the signal has a query for that, as
 * application/x-www-form-urlencoded, with a 0. Returns its length. */
size_t query_list_form(const struct query_signal *signal, char form[QUERY_FORM_MAX]);

#define QUERY_URL_MAX (SIGNAL_URL_MAX + 32U)

/* The address of the API for queries below that of an engine. */
void query_list_url(const char *engine, char url[QUERY_URL_MAX]);

#endif
