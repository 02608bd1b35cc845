#include "support/fake_dns.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOW_USEC 50000

const char *const fake_dns_unknown = "nowhere.test";

static const struct {
    const char *name;
    const char *addresses[2];
} known[] = {
    {"one.test", {"127.0.0.1", NULL}},
    {"two.test", {"127.0.0.2", "127.0.0.1"}},
    {"slow.test", {"127.0.0.1", NULL}},
};

/* A list of one. */
static struct addrinfo *answer(const char *address, uint16_t port, int type)
{
    struct {
        struct addrinfo info;
        struct sockaddr_storage address;
    } *entry = calloc(1, sizeof *entry);
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&entry->address;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&entry->address;

    entry->info.ai_addr = (struct sockaddr *)&entry->address;
    entry->info.ai_socktype = type;
    if (inet_pton(AF_INET, address, &ipv4->sin_addr) == 1) {
        entry->info.ai_family = ipv4->sin_family = AF_INET;
        entry->info.ai_addrlen = sizeof *ipv4;
        ipv4->sin_port = htons(port);
    } else if (inet_pton(AF_INET6, address, &ipv6->sin6_addr) == 1) {
        entry->info.ai_family = ipv6->sin6_family = AF_INET6;
        entry->info.ai_addrlen = sizeof *ipv6;
        ipv6->sin6_port = htons(port);
    } else {
        free(entry);
        return NULL;
    }
    return &entry->info;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    uint16_t port = (uint16_t)strtoul(service, NULL, 10);
    int type = hints != NULL ? hints->ai_socktype : SOCK_STREAM;

    *found = NULL;
    if (strcmp(name, "slow.test") == 0)
        usleep(SLOW_USEC);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) != 0)
            continue;
        *found = answer(known[i].addresses[0], port, type);
        if (known[i].addresses[1] != NULL)
            (*found)->ai_next = answer(known[i].addresses[1], port, type);
        return 0;
    }
    *found = answer(name, port, type);
    return *found != NULL ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *found)
{
    while (found != NULL) {
        struct addrinfo *next = found->ai_next;
        free(found);
        found = next;
    }
}
