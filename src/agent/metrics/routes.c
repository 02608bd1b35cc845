#include "agent/metrics/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LEN 256U
#define RTF_REJECT   0x200U /* it leads nowhere; linux/ipv6_route.h */

/* Takes the next line off the text, as a string of which a too long end is cut. Returns false at the end. */
static bool take_line(const char **text, size_t *len, char line[LINE_MAX_LEN])
{
    const char *newline = memchr(*text, '\n', *len);

    if (newline == NULL)
        return false;
    size_t line_len = (size_t)(newline - *text);
    size_t taken = line_len < LINE_MAX_LEN ? line_len : LINE_MAX_LEN - 1;
    memcpy(line, *text, taken);
    line[taken] = '\0';
    *text = newline + 1;
    *len -= line_len + 1;
    return true;
}

/* Iface Destination Gateway Flags RefCnt Use Metric MASK ..., addresses and masks in hexadecimal digits. */
static unsigned route_from_line(const char *line, const char *name)
{
    char iface[ROUTES_NAME_MAX], mask[10];

    if (sscanf(line, "%15s %*s %*s %*s %*s %*s %*s %9s", iface, mask) != 2 || strcmp(iface, name) != 0 ||
        strlen(mask) != 8)
        return 0;
    if (strcmp(mask, "FFFFFFFF") == 0)
        return ROUTES_HOST;
    return strcmp(mask, "00000000") == 0 ? ROUTES_DEFAULT : ROUTES_NETWORK;
}

unsigned routes_of(const char *text, size_t len, const char *name)
{
    char line[LINE_MAX_LEN];
    unsigned routes = 0;

    while (take_line(&text, &len, line))
        routes |= route_from_line(line, name);
    return routes;
}

/* Destination LENGTH source its-length next-hop metric references use FLAGS IFACE, numbers in hexadecimal digits. */
static bool default_6_from_line(const char *line, char name[ROUTES_NAME_MAX])
{
    char length[4], flags[10], iface[ROUTES_NAME_MAX];

    if (sscanf(line, "%*s %3s %*s %*s %*s %*s %*s %*s %9s %15s", length, flags, iface) != 3 ||
        strcmp(length, "00") != 0 || strlen(flags) != 8 || (strtoul(flags, NULL, 16) & RTF_REJECT) != 0)
        return false;
    memcpy(name, iface, ROUTES_NAME_MAX);
    return true;
}

bool routes_next_default_6(const char **text, size_t *len, char name[ROUTES_NAME_MAX])
{
    char line[LINE_MAX_LEN];

    while (take_line(text, len, line))
        if (default_6_from_line(line, name))
            return true;
    return false;
}
