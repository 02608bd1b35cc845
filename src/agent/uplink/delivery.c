#include "agent/uplink/delivery.h"

static void speak_for_next(struct delivery *delivery)
{
    struct outbox *run = spool_current(delivery->spool);

    sender_speak_for(delivery->sender, run, run != spool_present(delivery->spool));
}

void delivery_init(struct delivery *delivery, struct spool *spool, struct sender *sender)
{
    *delivery = (struct delivery){.spool = spool, .sender = sender};
    delivery->carry = counter_carry_from(spool_present(spool));
    speak_for_next(delivery);
}

uint64_t delivery_take(struct delivery *delivery, struct sample *sample)
{
    counter_carry_apply(&delivery->carry, sample);
    return spool_push(delivery->spool, sample);
}

bool delivery_on_event(struct delivery *delivery, enum uplink_event event)
{
    switch (event) {
    case UPLINK_UP:
        /* Also saves, because a Welcome acknowledges; before anything is sent, because the losses were not sent to this
         * collector, though maybe to the last one. */
    case UPLINK_DOWN: /* it may have ended with a Reject */
        spool_share_reject(delivery->spool, sender_outbox(delivery->sender));
        break;
    case UPLINK_ACKED:
        spool_save(delivery->spool);
        return sender_leaving(delivery->sender) && sender_done(delivery->sender);
    case UPLINK_PAST:
        spool_finish(delivery->spool, sender_outbox(delivery->sender));
        speak_for_next(delivery);
        break;
    case UPLINK_AHEAD:
        break;
    }
    return false;
}

bool delivery_leave(struct delivery *delivery, Headroom__Departure departure)
{
    sender_leave(delivery->sender, departure);
    return !sender_streaming(delivery->sender) && spool_waiting(delivery->spool) == 0;
}
