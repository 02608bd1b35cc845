#include "sim/sim_spool.h"

#include "agent/spool/spool_layout.h"
#include "common/random.h"
#include "sim/sim_load.h"
#include "sim/sim_restored.h"
#include "sim/sim_world.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SPOOL_SYNC_MS_MAX 5000U

static struct record *records_of(struct sim_spool *file)
{
    return spool_layout_records(file->image);
}

static struct spool_state *states_of(struct sim_spool *file)
{
    return spool_layout_states(file->image);
}

static uint8_t *make_image(struct world *world, unsigned capacity)
{
    uint8_t *image = calloc(1, spool_layout_len(capacity));

    if (image == NULL)
        sim_fail(world, "the simulation itself is out of memory");
    return image;
}

static void sync_all(struct sim_spool *file)
{
    memcpy(file->medium, file->image, spool_layout_len(file->capacity));
}

void sim_spool_deinit(struct sim_agent *agent)
{
    free(agent->file.image);
    free(agent->file.medium);
    agent->file.image = agent->file.medium = NULL;
}

/* ---- the start ---- */

static void use(struct sim_agent *agent, uint8_t *image)
{
    struct sim_spool *file = &agent->file;

    sim_spool_deinit(agent);
    file->capacity = agent->outbox_samples;
    file->image = image;
    file->medium = make_image(agent->world, file->capacity);
    sync_all(file);
}

static void create(struct sim_agent *agent)
{
    uint8_t *image = make_image(agent->world, agent->outbox_samples);
    const struct spool_head head = spool_layout_head(agent->outbox_samples);

    memcpy(image, &head, sizeof head);
    use(agent, image);
}

static void resize(struct sim_agent *agent)
{
    struct sim_spool *file = &agent->file;
    uint8_t *image = make_image(agent->world, agent->outbox_samples);

    file->resized = true;
    file->unreadable = !spool_layout_resize(file->image, file->capacity, image, agent->outbox_samples);
    use(agent, image);
}

static void open_file(struct sim_agent *agent)
{
    struct sim_spool *file = &agent->file;
    size_t len = file->image != NULL ? spool_layout_len(file->capacity) : 0;
    struct spool_head head = {0};
    bool cut = false;

    if (file->image != NULL)
        memcpy(&head, file->image, sizeof head);
    switch (spool_layout_check(&head, len, agent->outbox_samples, &cut)) {
    case SPOOL_LAYOUT_EMPTY:
        create(agent);
        break;
    case SPOOL_LAYOUT_FITS:
        break;
    case SPOOL_LAYOUT_RESIZE:
        resize(agent);
        break;
    case SPOOL_LAYOUT_OLDER:
    case SPOOL_LAYOUT_FOREIGN:
        sim_fail(agent->world, "agent %u does not know its own spool", agent->index);
    }
}

/* Without damage a kill in the middle of a restore must cost nothing either. */
static struct restore_found restore(struct sim_agent *agent, uint64_t boot, uint64_t instance)
{
    struct sim_spool *file = &agent->file;
    struct spool_state states[2];

    memcpy(states, states_of(file), sizeof states);
    if (!file->damaged && !file->power_cut && sim_chance(agent->world, 10)) {
        (void)spool_layout_restore(&agent->spool, file->image, file->capacity, boot, instance ^ 2U, false);
        memcpy(states_of(file), states, sizeof states);
    }
    bool first_ok = spool_state_ok(&states[0]);
    bool second_ok = spool_state_ok(&states[1]);
    file->one_state = first_ok != second_ok;
    file->believed = states[second_ok && (!first_ok || states[1].generation > states[0].generation)];
    if (!first_ok && !second_ok)
        file->believed.run_count = 0;
    bool unreadable = file->unreadable;
    file->unreadable = false;
    return spool_layout_restore(&agent->spool, file->image, file->capacity, boot, instance, unreadable);
}

void sim_spool_start(struct sim_agent *agent)
{
    struct world *world = agent->world;
    struct sim_spool *file = &agent->file;
    uint64_t instance = random_next(&world->random) | 1U;

    open_file(agent);
    if (!file->lasting) {
        memset(records_of(file), 0, file->capacity * sizeof(struct record));
        spool_begin(&agent->spool, records_of(file), file->capacity, agent->boot_ms + 1, instance);
        agent->run = truth_begin_run(world, agent->index, agent->node, instance);
        file->sync_ms = NEVER;
        return;
    }
    const struct restore_found found = restore(agent, agent->boot_ms + 1, instance);
    restored_compare(agent, &found);
    file->power_cut = file->damaged = file->resized = false;
    file->sync_ms = world->now_ms + sim_below(world, SPOOL_SYNC_MS_MAX);
}

/* ---- syncing ---- */

void sim_spool_sync(struct sim_agent *agent)
{
    struct sim_spool *file = &agent->file;

    file->sync_ms = agent->world->now_ms + sim_between(agent->world, 1, SPOOL_SYNC_MS_MAX);
    if (!spool_take_changed(&agent->spool))
        return;
    sync_all(file);
    for (unsigned i = 0; i < agent->spool.count; i++)
        truth_find(&agent->world->truth, agent->spool.runs[i].instance)->safe_seq = agent->spool.runs[i].newest_seq;
}

/* ---- ends ---- */

/* Some words of the old and some of the new content; zeros now and then, as from a memset() that was under way. */
static void mix(struct world *world, void *into, const void *old, const void *new, size_t len)
{
    size_t until = sim_below(world, len / 8 + 1) * 8;
    bool zeros = sim_chance(world, 40);

    memcpy(into, old, len);
    memcpy(into, new, until);
    if (zeros)
        memset((uint8_t *)into + until, 0, len - until);
}

/* As record_put() writes it: the check is 0 from the first moment on, then comes whose it is, then the sample. */
static void tear_record(struct world *world, struct record *record, const struct record *old)
{
    const struct record new = *record;

    mix(world, &record->sample, &old->sample, &new.sample, sizeof new.sample);
    record->check = 0;
    if (sim_chance(world, 60))
        return;
    record->sample = old->sample;
    record->position = old->position;
    if (sim_chance(world, 50))
        record->boot = old->boot;
    if (sim_chance(world, 50))
        record->instance = old->instance;
}

static void tear_state(struct world *world, struct spool_state *state, const struct spool_state *old)
{
    const struct spool_state new = *state;

    mix(world, state, old, &new, sizeof new);
    state->check = 0;
}

/* Both copies but for a part of the last change. */
static void undo_save(struct sim_agent *agent, const struct spool_state *old)
{
    struct spool_state *states = states_of(&agent->file);

    for (unsigned i = 0; i < 2; i++)
        if (memcmp(&states[i], &old[i], sizeof old[i]) != 0)
            tear_state(agent->world, &states[i], &old[i]);
}

static void die_in_save(struct sim_agent *agent)
{
    struct spool_state old[2];

    memcpy(old, states_of(&agent->file), sizeof old);
    spool_save(&agent->spool);
    undo_save(agent, old);
}

/* The new sample is there, or never was. */
static void die_in_push(struct sim_agent *agent)
{
    struct world *world = agent->world;
    struct outbox *present = spool_present(&agent->spool);
    struct record *record =
        &records_of(&agent->file)[(present->offset + present->newest_seq + 1) % agent->file.capacity];
    const struct record old_record = *record;
    struct spool_state old[2];
    struct spool_before before;
    struct sample sample;

    memcpy(old, states_of(&agent->file), sizeof old);
    sim_spool_remember(agent, &before);
    load_read(agent, &sample);
    sample.seq = delivery_take(&agent->delivery, &sample);
    sim_spool_note_drops(agent, &before);
    if (sim_chance(world, 50)) {
        truth_produced(world, agent->run, &sample);
        undo_save(agent, old);
        return;
    }
    memcpy(states_of(&agent->file), old, sizeof old);
    tear_record(world, record, &old_record);
}

void sim_spool_end(struct sim_agent *agent, bool torn)
{
    if (!agent->file.lasting) {
        truth_end_run(agent->run);
        return;
    }
    if (torn && sim_chance(agent->world, 50))
        die_in_save(agent);
    else if (torn)
        die_in_push(agent);
}

/* Of what was not synced: the old content, the new, or a part of it. */
static void settle(struct world *world, void *memory, void *medium, size_t len)
{
    static uint8_t new[sizeof(struct spool_state)];
    uint64_t what = sim_below(world, 10);

    if (memcmp(memory, medium, len) == 0)
        return;
    if (what < 4)
        memcpy(memory, medium, len);
    else if (what >= 8)
        mix(world, memory, medium, memcpy(new, memory, len), len);
    memcpy(medium, memory, len);
}

void sim_spool_cut_power(struct sim_agent *agent)
{
    struct sim_spool *file = &agent->file;

    if (!file->lasting)
        return;
    file->power_cut = true;
    struct record *medium = spool_layout_records(file->medium);
    struct spool_state *medium_states = spool_layout_states(file->medium);
    for (unsigned i = 0; i < file->capacity; i++)
        settle(agent->world, &records_of(file)[i], &medium[i], sizeof medium[i]);
    for (unsigned i = 0; i < 2; i++)
        settle(agent->world, &states_of(file)[i], &medium_states[i], sizeof medium_states[i]);
}

void sim_spool_damage(struct sim_agent *agent)
{
    struct sim_spool *file = &agent->file;
    struct world *world = agent->world;

    if (!file->lasting || file->image == NULL || agent->state != AGENT_DOWN)
        return;
    file->damaged = true;
    sim_log(world, "agent %u: its spool is damaged", agent->index);
    for (uint64_t flips = sim_between(world, 1, 4); flips > 0; flips--) {
        uint8_t *record = (uint8_t *)&records_of(file)[sim_below(world, file->capacity)];
        record[sim_below(world, sizeof(struct record))] ^= (uint8_t)(1U << sim_below(world, 8));
    }
    for (unsigned i = 0; i < 2; i++)
        if (sim_chance(world, 15))
            ((uint8_t *)&states_of(file)[i])[sim_below(world, sizeof(struct spool_state))] ^= 4U;
    sync_all(file);
}

/* ---- what the runs count ---- */

void sim_spool_remember(const struct sim_agent *agent, struct spool_before *before)
{
    for (unsigned i = 0; i < agent->spool.count; i++)
        before->acked_seq[i] = agent->spool.runs[i].acked_seq;
}

const struct loss *sim_spool_loss(const struct outbox *outbox, uint64_t seq)
{
    for (unsigned i = 0; i < outbox->loss_count; i++)
        if (seq >= outbox->losses[i].first_seq && seq <= outbox->losses[i].last_seq)
            return &outbox->losses[i];
    return NULL;
}

void sim_spool_note_drops(struct sim_agent *agent, const struct spool_before *before)
{
    struct world *world = agent->world;

    for (unsigned i = 0; i < agent->spool.count; i++) {
        const struct outbox *outbox = &agent->spool.runs[i];
        struct run *run = NULL;
        for (uint64_t seq = before->acked_seq[i] + 1; seq <= outbox->acked_seq; seq++) {
            run = run == NULL ? truth_find(&world->truth, outbox->instance) : run;
            if (seq > run->count && run->unclear)
                continue; /* a damaged record that was taken for its last */
            if (truth_at(world, run, seq)->hole)
                continue; /* counted when it was found */
            const struct loss *loss = sim_spool_loss(outbox, seq);
            if (loss == NULL && outbox->loss_count < LOSSES_MAX)
                sim_fail(world, "agent %u drops seq %" PRIu64 ", and does not know of it", agent->index, seq);
            truth_dropped(world, run, seq, loss != NULL ? loss->reason : LOSS_OUTBOX_FULL);
        }
    }
}
