#include "tls/key_ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- secrets ---- */

static const struct key_secret *find_secret(const struct key_ring *ring, const char *epoch)
{
    for (unsigned i = 0; i < ring->count; i++)
        if (strcmp(ring->secrets[i].epoch, epoch) == 0)
            return &ring->secrets[i];
    return NULL;
}

int key_ring_add(struct key_ring *ring, const uint8_t secret[KEY_LEN], const char epoch[KEY_EPOCH_LEN + 1])
{
    if (ring->count == KEY_SECRETS_MAX)
        return -ENOSPC;
    if (find_secret(ring, epoch) != NULL)
        return -EEXIST;
    struct key_secret *added = &ring->secrets[ring->count++];
    memcpy(added->epoch, epoch, KEY_EPOCH_LEN + 1);
    memcpy(added->bytes, secret, KEY_LEN);
    return 0;
}

const uint8_t *key_ring_secret(const struct key_ring *ring, const struct key_identity *identity)
{
    const struct key_secret *secret = find_secret(ring, identity->epoch);

    return secret != NULL ? secret->bytes : NULL;
}

/* ---- revoked names ---- */

/* Looks at the whole list, so that the time does not show who is on it. */
static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    bool found = false;

    for (const char *line = list; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1)
        found = (strncmp(line, name, len) == 0 && line[len] == '\n') || found;
    return found;
}

bool key_ring_revokes_node(const struct key_ring *ring, const char *node)
{
    return is_listed(ring->revoked, node);
}

static bool revokes_group(const struct key_ring *ring, const char *group)
{
    char name[NAME_LEN_MAX + sizeof KEY_RING_GROUP];

    (void)snprintf(name, sizeof name, KEY_RING_GROUP "%s", group);
    return is_listed(ring->revoked, name);
}

enum key_verdict key_ring_judge(const struct key_ring *ring, const struct key_identity *identity)
{
    bool of_node = strcmp(identity->node, KEY_ANY) != 0;
    bool revoked = of_node ? key_ring_revokes_node(ring, identity->node) : revokes_group(ring, identity->group);

    if (find_secret(ring, identity->epoch) == NULL)
        return KEY_OTHER_SECRET;
    return revoked ? KEY_REVOKED : KEY_ACCEPTED;
}

/* ---- the whole ---- */

bool key_ring_equal(const struct key_ring *a, const struct key_ring *b)
{
    bool same =
        a->count == b->count && strcmp(a->revoked != NULL ? a->revoked : "", b->revoked != NULL ? b->revoked : "") == 0;

    for (unsigned i = 0; same && i < a->count; i++)
        same = memcmp(a->secrets[i].bytes, b->secrets[i].bytes, KEY_LEN) == 0;
    return same;
}

void key_ring_deinit(struct key_ring *ring)
{
    free(ring->revoked);
    explicit_bzero(ring, sizeof *ring);
}
