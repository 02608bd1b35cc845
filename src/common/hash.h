/* Pure. FNV-1a, 64 bits (Fowler, Noll, Vo): checksums of text files, and hashes that need not withstand an attacker.
 *
 * Each step of it can be undone, so any change of one byte changes the result. */
#ifndef COMMON_HASH_H
#define COMMON_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of no bytes: the offset basis. */
static inline uint64_t hash_fnv1a_begin(void)
{
    return UINT64_C(0xcbf29ce484222325);
}

/* The hash of the bytes hashed so far, then these. */
static inline uint64_t hash_fnv1a(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *byte = (const unsigned char *)bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

#endif
