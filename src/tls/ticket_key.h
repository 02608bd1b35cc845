/* The key that seals the tickets of agents with certificates, in a file, so that they return by their tickets to a
 * collector that was restarted. */
#ifndef TLS_TICKET_KEY_H
#define TLS_TICKET_KEY_H

#include <stddef.h>
#include <stdint.h>

#define TICKET_KEY_FILE "tickets.key"
#define TICKET_KEY_LEN  64U

/* Reads the file in a folder, or makes it with mode 0600. Returns 0, or a negative errno with the reason in error; then
 * the key is another random one, and good until the next start. */
int ticket_key_load(int dir_fd, uint8_t key[TICKET_KEY_LEN], char *error, size_t error_size);

#endif
