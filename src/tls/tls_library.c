#include "tls/tls_library.h"

#include "common/error_text.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "libgnutls.so.30"

struct tls_library tls_library;

static bool loaded;

/* A pointer to an object is converted to one to a function by its bytes, as POSIX allows. */
static bool find(void *handle, const char *name, void *pointer)
{
    void *symbol = dlsym(handle, name);

    memcpy(pointer, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* The library stays open until the program ends. */
int tls_library_load(char *error, size_t error_size)
{
    if (loaded)
        return 0;
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return error_text_set(error, error_size, -ENOENT,
                              "encryption needs GnuTLS, which can't be loaded: %s; install the package libgnutls30",
                              dlerror());
    bool complete = true;
#define FIND(name) complete = find(handle, #name, &tls_library.name) && complete;
    TLS_LIBRARY_SYMBOLS(FIND)
    if (!complete) {
        (void)dlclose(handle);
        return error_text_set(error, error_size, -ENOSYS,
                              "encryption needs GnuTLS 3.6.13 or later; update the package libgnutls30");
    }
    loaded = true;
    return 0;
}
