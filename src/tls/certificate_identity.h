/* Pure. For which node and group the names in a certificate let its holder speak.
 *
 * The setting node-name says which name has to be the node's:
 *
 *     dns              one of the DNS names of the SAN
 *     spiffe://PREFIX  the only URI of the SAN, which is spiffe://PREFIX/GROUP/NODE or spiffe://PREFIX/NODE
 *     any              none: the CA signs only for those who may speak for every node
 *
 * The setting cert-group of a group, if there is one, is an OU that the certificate has, or the beginning of its only
 * URI up to a slash. */
#ifndef TLS_CERTIFICATE_IDENTITY_H
#define TLS_CERTIFICATE_IDENTITY_H

#include <stdbool.h>

#define CERTIFICATE_NODE_DNS "dns"
#define CERTIFICATE_NODE_ANY "any"
#define CERTIFICATE_SPIFFE   "spiffe://"

/* Whether text is a value of node-name. */
bool certificate_identity_setting_ok(const char *node_name);

/* Whether the names let their holder speak for the node, or for a node of the group. */
bool certificate_identity_covers_node(const char *names, const char *node_name, const char *group, const char *node);
bool certificate_identity_covers_group(const char *names, const char *cert_group);

#endif
