/* Reads the file that holds a token. */
#ifndef COMMON_TOKEN_FILE_H
#define COMMON_TOKEN_FILE_H

#include <stddef.h>

/* Reads the token in a file into token, of TOKEN_LEN_MAX + 1 bytes. Returns 0, or a negative errno with the reason in
 * error; then token is untouched. */
int token_file_read(const char *path, char *token, char *error, size_t error_size);

#endif
