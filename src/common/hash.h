/* Pure. The 64-bit FNV-1a hash (Fowler, Noll, Vo): for spreading and for names in tables, not against an attacker. */
#ifndef COMMON_HASH_H
#define COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The offset basis: the hash of no bytes. */
static inline uint64_t hash_fnv1a_begin(void)
{
    return 0xcbf29ce484222325U;
}

/* Continues `hash` with more bytes. */
static inline uint64_t hash_fnv1a(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *byte = (const uint8_t *)bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ byte[i]) * 0x100000001b3U;
    return hash;
}

#endif
