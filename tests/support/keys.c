#include "support/keys.h"

#include "tls/key_derive.h"
#include "tls/tls_library.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

struct key_text keys_fleet(unsigned number)
{
    struct key_text key = {.fleet = true};
    char error[256];

    ck_assert_msg(tls_library_load(error, sizeof error) == 0, "%s", error);
    memset(key.bytes, (int)(number + 1), KEY_LEN);
    return key;
}

struct key_text keys_derived(unsigned number, const char *group, const char *node)
{
    const struct key_text fleet = keys_fleet(number);
    struct key_text key = {0};

    ck_assert_int_eq(key_derive_epoch(fleet.bytes, key.identity.epoch), 0);
    snprintf(key.identity.group, sizeof key.identity.group, "%s", group);
    snprintf(key.identity.node, sizeof key.identity.node, "%s", node);
    ck_assert_int_eq(key_derive(fleet.bytes, &key.identity, key.bytes), 0);
    return key;
}

int keys_add(struct key_ring *ring, unsigned number)
{
    const struct key_text fleet = keys_fleet(number);
    char epoch[KEY_EPOCH_LEN + 1];

    ck_assert_int_eq(key_derive_epoch(fleet.bytes, epoch), 0);
    return key_ring_add(ring, fleet.bytes, epoch);
}

struct key_ring keys_ring(unsigned number)
{
    struct key_ring ring = {0};

    ck_assert_int_eq(keys_add(&ring, number), 0);
    return ring;
}
