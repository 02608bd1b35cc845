#include "loadgen/client.h"

#include "loadgen/encode.h"
#include "loadgen/pattern.h"

#include <stdio.h>
#include <string.h>

#define ENDLESS_MS (UINT64_C(30) * 86400 * 1000) /* the age of an endless backlog */

static void put_node_id(const struct client *client, char node_id[static NAME_LEN_MAX + 1])
{
    snprintf(node_id, NAME_LEN_MAX + 1, "%s-%05u", client->fleet->options->prefix, client->number);
}

void client_init(struct client *client, struct fleet *fleet, uint32_t number, uint64_t instance)
{
    char node_id[NAME_LEN_MAX + 1];

    *client = (struct client){.fleet = fleet, .number = number, .instance = instance};
    put_node_id(client, node_id);
    send_pace_init(&client->pace, node_id, fleet->options->interval_ms);
    frame_reader_init(&client->reader);
}

void client_open(struct client *client)
{
    client->state = CLIENT_GREETING;
}

void client_close(struct client *client)
{
    frame_reader_deinit(&client->reader);
    for (unsigned i = 0; i < client->flight_count; i++)
        client->flights[(client->flight_first + i) % CLIENT_FLIGHTS].broken = true;
    client->state = client->state == CLIENT_LEFT ? CLIENT_LEFT : CLIENT_CLOSED;
}

uint64_t client_produced(const struct client *client, uint64_t now_ms)
{
    const struct fleet *fleet = client->fleet;

    if (client->epoch_ms == 0)
        return 0;
    if (fleet->frozen_ms > 0) {
        if (fleet->options->flat_out)
            return client->sent_seq > client->stored_seq ? client->sent_seq : client->stored_seq;
        now_ms = fleet->frozen_ms;
    } else if (fleet->options->flat_out) {
        return client->sent_seq + BATCH_SAMPLES_MAX;
    }
    return now_ms > client->epoch_ms ? (now_ms - client->epoch_ms) / fleet->options->interval_ms : 0;
}

bool client_done(const struct client *client)
{
    bool stored = client->stored_seq >= client_produced(client, 0);
    bool stays = client->fleet->options->stay || client->epoch_ms == 0;

    return client->fleet->frozen_ms > 0 && stored && (stays || client->state == CLIENT_LEFT);
}

/* ---- input ---- */

/* The last seq that was ever written, as far as it matters for latencies. */
static uint64_t written_seq(const struct client *client)
{
    unsigned last = (client->flight_first + client->flight_count - 1) % CLIENT_FLIGHTS;

    return client->flight_count > 0 ? client->flights[last].last_seq : client->stored_seq;
}

static void note_stored(struct client *client, uint64_t stored_seq, uint64_t now_us)
{
    struct fleet *fleet = client->fleet;
    uint64_t from_seq = client->stored_seq;

    if (stored_seq <= from_seq)
        return;
    fleet->acknowledged += stored_seq - from_seq;
    client->stored_seq = stored_seq;
    while (client->flight_count > 0 && from_seq < stored_seq) {
        const struct flight *flight = &client->flights[client->flight_first];
        uint64_t to_seq = flight->last_seq < stored_seq ? flight->last_seq : stored_seq;
        histogram_add(flight->broken ? &fleet->broken_latencies : &fleet->latencies, now_us - flight->sent_us,
                      to_seq - from_seq);
        from_seq = to_seq;
        if (to_seq < flight->last_seq)
            return;
        client->flight_first = (client->flight_first + 1) % CLIENT_FLIGHTS;
        client->flight_count--;
    }
}

/* A sample that is written again stays in the flight of its first time. */
static void note_written(struct client *client, uint64_t now_us)
{
    if (client->sent_seq <= written_seq(client))
        return;
    unsigned last = (client->flight_first + client->flight_count++) % CLIENT_FLIGHTS;
    client->flights[last] = (struct flight){.last_seq = client->sent_seq, .sent_us = now_us};
}

/* As the agent does. */
static void take_pace(struct client *client, uint32_t report_ms)
{
    uint32_t samples_max = client->credit / 4;

    send_pace_set(&client->pace, report_ms, client->ack_interval_ms,
                  samples_max < BATCH_SAMPLES_MAX ? samples_max : BATCH_SAMPLES_MAX);
}

static void on_welcome(struct client *client, const Headroom__Welcome *welcome, struct client_moment now)
{
    const struct options *options = client->fleet->options;
    uint64_t backlog_ms = (uint64_t)options->backlog * options->interval_ms;

    client->state = CLIENT_STREAMING;
    client->frame_sent_ms = now.ms;
    client->credit = welcome->credit;
    client->ack_interval_ms = welcome->ack_interval_ms;
    if (client->epoch_ms == 0)
        client->epoch_ms = now.ms - (options->flat_out ? ENDLESS_MS : backlog_ms);
    if (welcome->resume_seq < client->stored_seq)
        client->fleet->forgotten += client->stored_seq - welcome->resume_seq;
    client->base_seq = welcome->resume_seq;
    client->sent_seq = welcome->resume_seq;
    send_pace_begin(&client->pace);
    take_pace(client, welcome->report_ms);
    note_stored(client, welcome->stored_seq, now.us);
}

static void on_ack(struct client *client, const Headroom__Ack *ack, uint64_t now_us)
{
    client->fleet->acks_received++;
    take_pace(client, ack->report_ms);
    note_stored(client, ack->stored_seq, now_us);
}

static void on_reject(struct client *client, const Headroom__Reject *reject)
{
    struct fleet *fleet = client->fleet;

    if (fleet->rejected++ == 0)
        snprintf(fleet->reason, sizeof fleet->reason, "%s", reject->text != NULL ? reject->text : "no reason");
    client->state = CLIENT_BROKEN;
}

static void on_message(struct client *client, struct bytes message, struct client_moment now)
{
    Headroom__Frame *frame = NULL;
    bool streaming = client->state == CLIENT_STREAMING || client->state == CLIENT_LEFT;

    int rc = wire_decode(client->fleet->arena, message, &frame);
    if (rc == 0 && frame->body_case == HEADROOM__FRAME__BODY_REJECT)
        on_reject(client, frame->reject);
    else if (rc == 0 && frame->body_case == HEADROOM__FRAME__BODY_WELCOME && client->state == CLIENT_WAITING)
        on_welcome(client, frame->welcome, now);
    else if (rc == 0 && frame->body_case == HEADROOM__FRAME__BODY_ACK && streaming)
        on_ack(client, frame->ack, now.us);
    else
        client->state = CLIENT_BROKEN;
}

void client_receive(struct client *client, struct bytes input, struct client_moment now)
{
    struct bytes message;
    int rc = 0;

    while (client->state != CLIENT_BROKEN && (rc = frame_next(&client->reader, &input, &message)) == 1)
        on_message(client, message, now);
    if (rc < 0)
        client->state = CLIENT_BROKEN;
}

/* ---- output ---- */

static struct bytes produce_hello(struct client *client, uint64_t now_ms, uint8_t *buf)
{
    const struct options *options = client->fleet->options;
    Headroom__Hello hello = HEADROOM__HELLO__INIT;
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    char node_id[NAME_LEN_MAX + 1];
    char group[NAME_LEN_MAX + 1];

    put_node_id(client, node_id);
    snprintf(group, sizeof group, "%s-%u", options->prefix, client->number % options->groups);
    hello.version = WIRE_VERSION;
    hello.node_id = node_id;
    hello.group = group;
    hello.instance = client->instance;
    hello.has_cores = true;
    hello.cores = PATTERN_CORES;
    hello.has_memory_bytes = true;
    hello.memory_bytes = PATTERN_MEMORY_BYTES;
    hello.interval_ms = options->interval_ms;
    hello.oldest_seq = 1;
    hello.has_takes_report_ms = hello.takes_report_ms = options->batch == 0;
    hello.newest_seq = options->flat_out ? client->sent_seq : client_produced(client, now_ms);
    account.produced = hello.newest_seq;
    account.acknowledged = client->stored_seq;
    account.has_sent = true;
    account.sent = client->sent;
    hello.account = &account;
    frame.body_case = HEADROOM__FRAME__BODY_HELLO;
    frame.hello = &hello;
    client->state = CLIENT_WAITING;
    return (struct bytes){buf, wire_encode(&frame, buf, HELLO_LEN_MAX)};
}

static struct bytes produce_goodbye(struct client *client, uint64_t produced, uint8_t *buf)
{
    Headroom__Goodbye goodbye = HEADROOM__GOODBYE__INIT;
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    account.produced = produced;
    account.acknowledged = client->stored_seq;
    goodbye.account = &account;
    goodbye.departure = HEADROOM__DEPARTURE__DEPARTURE_RESTARTING;
    frame.body_case = HEADROOM__FRAME__BODY_GOODBYE;
    frame.goodbye = &goodbye;
    client->state = CLIENT_LEFT;
    return (struct bytes){buf, wire_encode(&frame, buf, HELLO_LEN_MAX)};
}

static void measure(const struct client *client, uint64_t seq, struct sample *sample)
{
    const struct options *options = client->fleet->options;
    uint64_t since_ms = seq * options->interval_ms;

    pattern_put(client->number, client->number % options->groups, since_ms, sample);
    if (options->all_metrics)
        pattern_put_rare(client->number, since_ms, sample);
    sample->seq = seq;
    sample->uptime_ms = client->epoch_ms + since_ms;
    sample->time_ms = (int64_t)sample->uptime_ms + client->fleet->wall_ahead_ms;
}

static struct bytes produce_batch(struct client *client, struct client_moment now, size_t count, struct sample *scratch,
                                  uint8_t *buf)
{
    client->sent += count;
    struct encode_account account = {
        .produced = client->sent_seq + count, .acknowledged = client->stored_seq, .sent = client->sent};
    bool tell = count == 0 || now.ms - client->account_ms >= client->ack_interval_ms / 2;

    for (size_t i = 0; i < count; i++)
        measure(client, ++client->sent_seq, &scratch[i]);
    note_written(client, now.us);
    if (count > 0)
        send_pace_note_sent(&client->pace, &scratch[count - 1]);
    client->fleet->frames_sent++;
    if (tell)
        client->account_ms = now.ms;
    client->frame_sent_ms = now.ms;
    return encode_batch(now.ms, scratch, count, tell ? &account : NULL, buf);
}

/* How many more samples the credit and the flights allow. */
static uint64_t count_room(const struct client *client)
{
    uint64_t settled = client->stored_seq > client->base_seq ? client->stored_seq : client->base_seq;
    uint64_t in_flight = client->sent_seq > settled ? client->sent_seq - settled : 0;
    uint64_t room = client->credit > in_flight ? client->credit - in_flight : 0;

    if (client->flight_count < CLIENT_FLIGHTS)
        return room;
    uint64_t again = written_seq(client) > client->sent_seq ? written_seq(client) - client->sent_seq : 0;
    return room < again ? room : again; /* only what is in a flight already */
}

/* Whether the agent would send what waits. The metrics of a simulated node never jump. */
static bool is_report_due(const struct client *client, uint64_t produced)
{
    return send_pace_is_due(&client->pace, client->sent_seq, produced, NULL);
}

/* How many samples to send now: with --batch a full batch, or fewer at the end, if a keepalive is due or if there is no
 * room for more flights. */
static size_t batch_size(const struct client *client, uint64_t produced, bool urgent)
{
    uint64_t waiting = produced > client->sent_seq ? produced - client->sent_seq : 0;
    uint64_t room = count_room(client);
    uint64_t count = waiting < room ? waiting : room;
    uint64_t wanted = client->fleet->options->batch;

    if (wanted == 0 && !urgent && !is_report_due(client, produced))
        return 0;
    if (wanted == 0)
        return count < SEND_SAMPLES_MAX ? count : SEND_SAMPLES_MAX;
    if (wanted > (client->credit + 1) / 2)
        wanted = (client->credit + 1) / 2;
    if (count >= wanted)
        return wanted;
    return urgent || client->flight_count == CLIENT_FLIGHTS ? count : 0;
}

/* How long after the last frame the next one is due, whatever there is to send. */
static uint64_t idle_ms(const struct client *client)
{
    uint64_t limit_ms = send_pace_limit_ms(&client->pace);

    return limit_ms > client->ack_interval_ms ? limit_ms : client->ack_interval_ms;
}

struct bytes client_produce(struct client *client, struct client_moment now, struct sample *scratch, uint8_t *buf)
{
    if (client->state == CLIENT_GREETING)
        return produce_hello(client, now.ms, buf);
    if (client->state != CLIENT_STREAMING)
        return (struct bytes){buf, 0};
    uint64_t produced = client_produced(client, now.ms);
    bool frozen = client->fleet->frozen_ms > 0;
    bool silent = now.ms - client->frame_sent_ms >= idle_ms(client);
    size_t count = batch_size(client, produced, frozen || silent);
    if (count > 0 || silent)
        return produce_batch(client, now, count, scratch, buf);
    if (frozen && produced <= client->sent_seq && !client->fleet->options->stay)
        return produce_goodbye(client, produced, buf);
    return (struct bytes){buf, 0};
}
