#include "hooktest/strange_names.h"

#include "common/parse.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Unless a node has it, or it is there already. Returns how many names there are now. */
static unsigned put(strange_name *names, unsigned count, const char *name, const struct node_list *list)
{
    if (!parse_name_ok(name, strlen(name)) || node_list_has(list, name))
        return count;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return count;
    memcpy(names[count], name, strlen(name) + 1);
    return count + 1;
}

static void change_case(char *text)
{
    for (; *text != '\0'; text++)
        *text = (char)(islower((unsigned char)*text) ? toupper((unsigned char)*text) : tolower((unsigned char)*text));
}

unsigned strange_names_like(strange_name names[STRANGE_NAMES_MAX], const char *name, const struct node_list *list)
{
    size_t len = strnlen(name, NAME_LEN_MAX);
    strange_name text;
    unsigned count = 0;

    (void)snprintf(text, sizeof text, "%.*s.", (int)len - 1, name); /* a dot matches any character */
    count = put(names, count, text, list);
    (void)snprintf(text, sizeof text, "%.*s", (int)len - 1, name);
    count = put(names, count, text, list);
    count = put(names, count, name + 1, list);
    (void)snprintf(text, sizeof text, "%.*s0", (int)len, name);
    count = put(names, count, text, list);
    (void)snprintf(text, sizeof text, "%.*s", (int)len, name);
    change_case(text);
    count = put(names, count, text, list);
    count = put(names, count, "0._-A", list);
    return put(names, count, "A--.", list);
}

void strange_names_long(strange_name *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        memset(names[i], 'x', NAME_LEN_MAX);
        (void)snprintf(names[i], sizeof names[i], "no-node-%05u", i);
        names[i][strlen(names[i])] = '-';
        names[i][NAME_LEN_MAX] = '\0';
    }
}
