/* The resolver of a test: no packet leaves, and each answer is known. Linked in, it takes the place of getaddrinfo().
 *
 *     one.test       127.0.0.1
 *     two.test       127.0.0.2, where nobody listens, and then 127.0.0.1
 *     slow.test      127.0.0.1, after 50 ms
 *     4.3.2.1, ::1   themselves
 *     else           EAI_NONAME */
#ifndef SUPPORT_FAKE_DNS_H
#define SUPPORT_FAKE_DNS_H

/* Of a name of this test, to have it linked. */
extern const char *const fake_dns_unknown;

#endif
