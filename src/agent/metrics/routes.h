/* Pure. Parses the kernel's lists of routes, of which the default route shows the way out of the node. */
#ifndef AGENT_METRICS_ROUTES_H
#define AGENT_METRICS_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#define ROUTES_NAME_MAX 16U /* IFNAMSIZ of linux/if.h: bytes of an interface's name with the terminating 0 */

/* The kinds of routes that an interface has. */
#define ROUTES_DEFAULT 1U
#define ROUTES_NETWORK 2U
#define ROUTES_HOST    4U /* to a single address */

/* Those of the interface in the text of /proc/net/route. An unfinished last line is skipped. */
unsigned routes_of(const char *text, size_t len, const char *name);

/* Finds the interface of the next default route in the text of /proc/net/ipv6_route, and moves *text and *len behind
 * it. Returns false at the end of the text. */
bool routes_next_default_6(const char **text, size_t *len, char name[ROUTES_NAME_MAX]);

#endif
