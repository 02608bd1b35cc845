#include "collector/feeds/feed_specs.h"

#include "common/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a new start is needed for ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_fnv1a(hash, text, strlen(text) + 1);
}

static uint64_t hash_number(uint64_t hash, int64_t number)
{
    return hash_fnv1a(hash, &number, sizeof number);
}

/* What headroom-bridge reads of the settings of all signals. */
static uint64_t hash_common(const struct collector_config *config)
{
    uint64_t hash = hash_text(hash_fnv1a_begin(), config->query_url);

    hash = hash_text(hash, config->query_token_file);
    hash = hash_text(hash, config->query_ca_file);
    hash = hash_number(hash, config->query_timeout_ms);
    return hash_number(hash, config->settings.tick_ms);
}

/* And of those of one signal with a query. */
static uint64_t hash_signal(uint64_t hash, const struct signal_settings *signal)
{
    hash = hash_text(hash, signal->name);
    hash = hash_text(hash, signal->query);
    hash = hash_text(hash, signal->nodes_query);
    hash = hash_text(hash, signal->url);
    hash = hash_text(hash, signal->token_file);
    hash = hash_number(hash, signal->timeout_ms);
    hash = hash_number(hash, signal->missing_after_ms);
    return hash_number(hash, signal->empty_is_zero);
}

/* ---- the programs ---- */

static struct feed_spec *find_spec(struct feed_specs *specs, const char *program)
{
    for (unsigned i = 0; i < specs->count; i++)
        if (strcmp(specs->items[i].program, program) == 0)
            return &specs->items[i];
    return NULL;
}

static struct feed_spec *add_spec(struct feed_specs *specs, const char *program, const struct collector_config *config)
{
    struct feed_spec *spec = &specs->items[specs->count];

    *spec = (struct feed_spec){.names = NULL};
    specs->count++;
    memcpy(spec->program, program, strlen(program) + 1);
    spec->hash = program[0] == '\0' ? hash_common(config)
                                    : hash_number(hash_text(hash_fnv1a_begin(), program), config->settings.tick_ms);
    return spec;
}

static int add_signal(struct feed_specs *specs, const struct signal_settings *signal,
                      const struct collector_config *config)
{
    struct feed_spec *spec = find_spec(specs, signal->program);

    if (spec == NULL)
        spec = add_spec(specs, signal->program, config);
    feed_spec_name *longer = realloc(spec->names, (spec->name_count + 1) * sizeof *spec->names);
    if (longer == NULL)
        return -ENOMEM;
    spec->names = longer;
    memcpy(spec->names[spec->name_count++], signal->name, sizeof signal->name);
    if (signal->program[0] == '\0')
        spec->hash = hash_signal(spec->hash, signal);
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

int feed_specs_make(struct feed_specs *specs, const struct collector_config *config)
{
    struct feed_specs fresh = {.items = calloc(config->signal_count + 1, sizeof *fresh.items)};
    int rc = fresh.items != NULL ? 0 : -ENOMEM;

    for (unsigned i = 0; rc == 0 && i < config->signal_count; i++)
        rc = add_signal(&fresh, &config->signals[i], config);
    if (rc < 0) {
        feed_specs_deinit(&fresh);
        return rc;
    }
    for (unsigned i = 0; i < fresh.count; i++)
        qsort(fresh.items[i].names, fresh.items[i].name_count, sizeof *fresh.items[i].names, compare_names);
    *specs = fresh;
    return 0;
}

void feed_specs_deinit(struct feed_specs *specs)
{
    for (unsigned i = 0; i < specs->count; i++)
        free(specs->items[i].names);
    free(specs->items);
    *specs = (struct feed_specs){.items = NULL};
}

bool feed_spec_has(const struct feed_spec *spec, const char *name)
{
    return bsearch(name, spec->names, spec->name_count, sizeof *spec->names, compare_names) != NULL;
}

const char *feed_spec_title(const struct feed_spec *spec)
{
    return spec->program[0] != '\0' ? spec->program : "headroom-bridge query";
}
