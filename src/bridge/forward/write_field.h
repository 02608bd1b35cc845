/* Pure. Writes fields of protobuf, as far as a WriteRequest has them (write_request.h). */
#ifndef BRIDGE_FORWARD_WRITE_FIELD_H
#define BRIDGE_FORWARD_WRITE_FIELD_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WRITE_FIELD_LEN(field)     (((field) << 3) | 2U) /* a length follows */
#define WRITE_FIELD_DOUBLE(field)  (((field) << 3) | 1U)
#define WRITE_FIELD_VARINT(field)  ((field) << 3)
#define WRITE_FIELD_SAMPLE_MAX     (2 + 9 + 11) /* bytes */
#define WRITE_FIELD_LABEL_MAX(len) ((len) + 16)

static inline size_t write_field_varint_len(uint64_t value)
{
    size_t len = 1;

    for (; value >= 0x80; value >>= 7)
        len++;
    return len;
}

static inline uint8_t *write_field_put_varint(uint8_t *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    return at;
}

static inline uint8_t *write_field_put_text(uint8_t *at, unsigned field, const char *text, size_t len)
{
    *at++ = (uint8_t)WRITE_FIELD_LEN(field);
    at = write_field_put_varint(at, len);
    memcpy(at, text, len);
    return at + len;
}

static inline size_t write_field_text_len(size_t len)
{
    return 1 + write_field_varint_len(len) + len;
}

static inline uint8_t *write_field_put_label(uint8_t *at, const char *name, const char *value)
{
    size_t name_len = strlen(name);
    size_t value_len = strlen(value);

    *at++ = (uint8_t)WRITE_FIELD_LEN(1U);
    at = write_field_put_varint(at, write_field_text_len(name_len) + write_field_text_len(value_len));
    at = write_field_put_text(at, 1, name, name_len);
    return write_field_put_text(at, 2, value, value_len);
}

static inline size_t write_field_label_len(const char *name, const char *value)
{
    size_t len = write_field_text_len(strlen(name)) + write_field_text_len(strlen(value));

    return 1 + write_field_varint_len(len) + len;
}

static inline uint8_t *write_field_put_double(uint8_t *at, double value)
{
    uint64_t bits = 0;

    memcpy(&bits, &value, sizeof bits);
    bits = htole64(bits);
    memcpy(at, &bits, sizeof bits);
    return at + sizeof bits;
}

/* Times before 1970 are ten bytes long, as protobuf demands of negative numbers. */
static inline size_t write_field_sample_len(int64_t time_ms)
{
    return 1 + 8 + 1 + write_field_varint_len((uint64_t)time_ms);
}

static inline uint8_t *write_field_put_sample(uint8_t *at, double value, int64_t time_ms)
{
    *at++ = (uint8_t)WRITE_FIELD_LEN(2U);
    at = write_field_put_varint(at, write_field_sample_len(time_ms));
    *at++ = (uint8_t)WRITE_FIELD_DOUBLE(1U);
    at = write_field_put_double(at, value);
    *at++ = (uint8_t)WRITE_FIELD_VARINT(2U);
    return write_field_put_varint(at, (uint64_t)time_ms);
}

#endif
