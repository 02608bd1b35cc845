#include "collector/intake/origin.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>

#define IPV4 (UINT64_C(0xFFFF) << 32) /* no IPv6 network that is in use begins like this */

static uint64_t of_ipv6(const struct in6_addr *address)
{
    uint64_t network = 0;
    uint32_t ipv4 = 0;

    if (IN6_IS_ADDR_V4MAPPED(address)) {
        memcpy(&ipv4, &address->s6_addr[12], sizeof ipv4);
        return IPV4 | ntohl(ipv4);
    }
    memcpy(&network, address->s6_addr, sizeof network);
    return be64toh(network);
}

uint64_t origin_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return IPV4 | ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
    return of_ipv6(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

bool origin_is_loopback(uint64_t origin)
{
    return origin == 0 || origin >> 24 == (IPV4 | 127U << 24) >> 24; /* ::1, and 127.0.0.0/8 */
}
