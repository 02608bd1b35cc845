/* Pure. When an agent whose certificate was renewed makes its connection anew. */
#ifndef AGENT_RENEWAL_H
#define AGENT_RENEWAL_H

#include <stdint.h>

/* How long to wait, by the validity of the certificate with which the connection was made, in seconds since 1970.
 * random: for the jitter, of at most five minutes and a quarter of what is left. UINT64_MAX: the connection stays,
 * since more than a third of the certificate's life is left. */
uint64_t renewal_delay_ms(int64_t not_before_s, int64_t not_after_s, int64_t now_s, uint64_t random);

#endif
