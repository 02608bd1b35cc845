#include "collector/intake/intake_answers.h"

size_t intake_answers_welcome(const struct intake *intake, const struct intake_terms *terms, uint8_t *buf, size_t size)
{
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    welcome.version = intake->version;
    welcome.resume_seq = intake->instance->received_seq;
    welcome.stored_seq = intake->instance->stored_seq;
    welcome.credit = terms->credit;
    welcome.has_report_ms = terms->report_ms > 0;
    welcome.report_ms = terms->report_ms;
    welcome.ack_interval_ms = intake->hub->ack_interval_ms;
    welcome.frame_len_max = FRAME_LEN_MAX;
    welcome.batch_samples_max = BATCH_SAMPLES_MAX;
    welcome.held = intake->hub->held;
    welcome.has_takes_readings = true;
    welcome.takes_readings = true;
    frame.body_case = HEADROOM__FRAME__BODY_WELCOME;
    frame.welcome = &welcome;
    return wire_encode(&frame, buf, size);
}

size_t intake_answers_ack(const struct intake *intake, const struct intake_terms *terms, bool last, uint8_t *buf,
                          size_t size)
{
    Headroom__Ack ack = HEADROOM__ACK__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    ack.stored_seq = intake->instance->stored_seq;
    ack.credit = terms->credit;
    ack.has_report_ms = terms->report_ms > 0;
    ack.report_ms = terms->report_ms;
    ack.held = intake->hub->held;
    ack.has_last = last;
    ack.last = last;
    frame.body_case = HEADROOM__FRAME__BODY_ACK;
    frame.ack = &ack;
    return wire_encode(&frame, buf, size);
}

size_t intake_answers_reject(const struct intake *intake, uint8_t *buf, size_t size)
{
    Headroom__Reject reject = HEADROOM__REJECT__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    reject.action = intake->reject.action;
    reject.has_code = true;
    reject.code = intake->reject.code;
    reject.text = intake->reject.text;
    frame.body_case = HEADROOM__FRAME__BODY_REJECT;
    frame.reject = &reject;
    return wire_encode(&frame, buf, size);
}
