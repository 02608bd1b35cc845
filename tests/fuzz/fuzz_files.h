/* Real files for parsers that open them by their names, in a folder that is removed at the end. */
#ifndef FUZZ_FUZZ_FILES_H
#define FUZZ_FUZZ_FILES_H

#include <stddef.h>

/* Writes the whole file. Returns its path, valid until the next call for another name; at most 4 of them. */
const char *fuzz_files_write(const char *name, const void *data, size_t len);

#endif
