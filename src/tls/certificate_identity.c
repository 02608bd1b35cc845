#include "tls/certificate_identity.h"

#include "common/limits.h"
#include "tls/certificate_names.h"

#include <stdio.h>
#include <string.h>

static bool is_spiffe(const char *text)
{
    return strncmp(text, CERTIFICATE_SPIFFE, sizeof CERTIFICATE_SPIFFE - 1) == 0;
}

/* A prefix ends without a slash: the slash behind it is part of the rule. */
bool certificate_identity_setting_ok(const char *node_name)
{
    size_t len = strlen(node_name);

    if (is_spiffe(node_name))
        return len > sizeof CERTIFICATE_SPIFFE - 1 && node_name[len - 1] != '/' && strpbrk(node_name, " \t*") == NULL;
    return strcmp(node_name, CERTIFICATE_NODE_DNS) == 0 || strcmp(node_name, CERTIFICATE_NODE_ANY) == 0;
}

/* An SVID has exactly one URI (X509-SVID, section 2). What is behind `prefix` and a slash in it; NULL: it has another
 * prefix. */
static const char *behind_prefix(const char *names, const char *prefix, size_t *len)
{
    size_t prefix_len = strlen(prefix);
    size_t uri_len = 0;
    const char *uri = certificate_names_first(names, CERTIFICATE_URI, &uri_len);

    if (uri == NULL || certificate_names_count(names, CERTIFICATE_URI) != 1)
        return NULL;
    if (uri_len <= prefix_len || memcmp(uri, prefix, prefix_len) != 0 || uri[prefix_len] != '/')
        return NULL;
    *len = uri_len - prefix_len - 1;
    return uri + prefix_len + 1;
}

static bool is_path(const char *path, size_t len, const char *wanted)
{
    return len == strlen(wanted) && memcmp(path, wanted, len) == 0;
}

bool certificate_identity_covers_node(const char *names, const char *node_name, const char *group, const char *node)
{
    char path[2 * NAME_LEN_MAX + 2];
    size_t len = 0;

    if (strcmp(node_name, CERTIFICATE_NODE_ANY) == 0)
        return true;
    if (!is_spiffe(node_name))
        return certificate_names_has(names, CERTIFICATE_DNS, node);
    const char *found = behind_prefix(names, node_name, &len);
    (void)snprintf(path, sizeof path, "%s/%s", group, node);
    return found != NULL && (is_path(found, len, path) || is_path(found, len, node));
}

bool certificate_identity_covers_group(const char *names, const char *cert_group)
{
    size_t len = 0;

    if (cert_group[0] == '\0')
        return true;
    if (is_spiffe(cert_group))
        return behind_prefix(names, cert_group, &len) != NULL;
    return certificate_names_has(names, CERTIFICATE_UNIT, cert_group);
}
