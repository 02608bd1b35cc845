/* Pure. The labels of a series, as fields of a WriteRequest: its own ones and those that all series have. */
#ifndef BRIDGE_FORWARD_WRITE_LABELS_H
#define BRIDGE_FORWARD_WRITE_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRITE_LABELS_MAX       8U
#define WRITE_LABELS_NAME_MAX  64U
#define WRITE_LABELS_VALUE_MAX 256U
#define WRITE_LABELS_OWN_MAX   2U
#define WRITE_LABELS_LEN_MAX   4096U

struct write_label {
    const char *name; /* as write_labels_name_ok() */
    const char *value;
};

/* What all series have in common, and which ones there are. */
struct write_options {
    uint32_t metrics;                            /* bit m: metric m is sent */
    struct write_label labels[WRITE_LABELS_MAX]; /* of all series beside group and node; sorted by name */
    unsigned label_count;
};

struct write_labels {
    uint8_t bytes[WRITE_LABELS_LEN_MAX];
    size_t len;
};

/* All labels but the name, in the order of their names. own: sorted by name, at most WRITE_LABELS_OWN_MAX. */
void write_labels_set(struct write_labels *labels, const struct write_label *own, unsigned own_count,
                      const struct write_options *options);

/* Whether a label may be added to all series: lower-case letters, digits and _, so that it sorts behind __name__, and
 * none that a series has already. */
bool write_labels_name_ok(const char *name);

#endif
