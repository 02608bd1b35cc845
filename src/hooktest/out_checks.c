#include "hooktest/out_checks.h"

#include "hooktest/trial.h"

void out_checks_repeated(struct trial *trial)
{
    struct trial_order order = {
        .check = "scale-out is accepted",
        .verb = HOOK_SCALE_OUT,
        .to = trial_initial(trial) + 1,
        .verdict = HOOK_ACCEPTED,
        .is_unwatched = true,
    };

    (void)trial_order(trial, &order);
    order.check = "scale-out that is repeated at once adds no more nodes";
    order.change.added = 1;
    order.is_unwatched = false;
    order.is_watched_on = true;
    (void)trial_order(trial, &order);
}

static struct trial_order full_scale_out(const struct trial *trial, const char *check)
{
    return (struct trial_order){.check = check,
                                .verb = HOOK_SCALE_OUT,
                                .to = trial_largest(trial),
                                .verdict = HOOK_ACCEPTED,
                                .change = {.added = trial_largest(trial) - trial_nodes(trial)},
                                .is_later = true};
}

void out_checks_difference(struct trial *trial)
{
    const struct trial_order order =
        full_scale_out(trial, "scale-out adds the difference; its record has a member of a later version");

    (void)trial_order(trial, &order);
    trial->out_ms = trial->duration_ms;
}

void out_checks_gap(struct trial *trial)
{
    const struct trial_order order = full_scale_out(trial, "scale-out adds a node in place of a removed one");

    (void)trial_order(trial, &order);
}

/* In the middle of its usual duration: as if the collector and its unit had ended. */
void out_checks_kill(struct trial *trial)
{
    const struct trial_order order =
        full_scale_out(trial, "scale-out that was killed adds what is missing, and no more, when it is repeated");

    trial_order_and_kill(trial, &order, trial->out_ms / 2 + 1);
    (void)trial_order(trial, &order);
}

void out_checks_lower(struct trial *trial)
{
    const struct trial_order order = {.check = "scale-out to fewer nodes than exist changes nothing",
                                      .verb = HOOK_SCALE_OUT,
                                      .to = trial_initial(trial) + 1,
                                      .verdict = HOOK_ACCEPTED};

    (void)trial_order(trial, &order);
}

/* After a scale-in, so that the older scale-out would add nodes. */
void out_checks_old_order(struct trial *trial)
{
    const struct trial_order order = {.check = "an order that is older than the last one is refused",
                                      .verb = HOOK_SCALE_OUT,
                                      .to = trial_largest(trial),
                                      .verdict = HOOK_REFUSED,
                                      .is_old = true};

    if (trial->options->has_queue)
        (void)trial_order(trial, &order);
    else
        report_untested(trial->report, order.check, "only a hook with a queue must do this (--queue)");
}
