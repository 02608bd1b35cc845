/* Pure. Whether an address can be reached from this machine only. */
#ifndef COMMON_LOOPBACK_H
#define COMMON_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

/* address: an IPv4 or IPv6 address. */
static inline bool loopback_is(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

#endif
