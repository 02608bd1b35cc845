/* Pure. Where a connection comes from, as far as limits per address go: an IPv4 address, or the /64 network of an IPv6
 * address, since a single machine has all addresses of such a network. */
#ifndef COLLECTOR_INTAKE_ORIGIN_H
#define COLLECTOR_INTAKE_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* The origin of an IPv4 or IPv6 address. IPv4 addresses have the same origin when they are mapped into IPv6. */
uint64_t origin_of(const struct sockaddr *address);

bool origin_is_loopback(uint64_t origin);

#endif
