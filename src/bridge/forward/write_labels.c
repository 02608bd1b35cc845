#include "bridge/forward/write_labels.h"

#include "bridge/forward/write_field.h"

#include <string.h>

_Static_assert(WRITE_LABELS_LEN_MAX >= (WRITE_LABELS_MAX + WRITE_LABELS_OWN_MAX) *
                                           WRITE_FIELD_LABEL_MAX(WRITE_LABELS_NAME_MAX + WRITE_LABELS_VALUE_MAX),
               "all labels fit");

void write_labels_set(struct write_labels *labels, const struct write_label *own, unsigned own_count,
                      const struct write_options *options)
{
    unsigned next = 0;
    uint8_t *at = labels->bytes;

    for (unsigned i = 0; i < options->label_count; i++) {
        for (; next < own_count && strcmp(own[next].name, options->labels[i].name) < 0; next++)
            at = write_field_put_label(at, own[next].name, own[next].value);
        at = write_field_put_label(at, options->labels[i].name, options->labels[i].value);
    }
    for (; next < own_count; next++)
        at = write_field_put_label(at, own[next].name, own[next].value);
    labels->len = (size_t)(at - labels->bytes);
}

bool write_labels_name_ok(const char *name)
{
    static const char *const own[] = {"group", "node", "resource", "state"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i]) == 0)
            return false;
    if (strlen(name) > WRITE_LABELS_NAME_MAX || *name < 'a' || *name > 'z')
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}
