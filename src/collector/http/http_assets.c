#include "collector/http/http_assets.h"

#include "common/hash.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HTML   "text/html; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"
#define STYLE  "text/css; charset=utf-8"

/* symbol, path in the address, file in web/, type */
#define ASSETS(X)                                                                                                      \
    X(index_html, "/", "index.html", HTML)                                                                             \
    X(page_js, "/page.js", "page.js", SCRIPT)                                                                          \
    X(base_js, "/base.js", "base.js", SCRIPT)                                                                          \
    X(fleet_js, "/fleet.js", "fleet.js", SCRIPT)                                                                       \
    X(group_js, "/group.js", "group.js", SCRIPT)                                                                       \
    X(grid_js, "/grid.js", "grid.js", SCRIPT)                                                                          \
    X(layout_js, "/layout.js", "layout.js", SCRIPT)                                                                    \
    X(range_js, "/range.js", "range.js", SCRIPT)                                                                       \
    X(resource_js, "/resource.js", "resource.js", SCRIPT)                                                              \
    X(series_js, "/series.js", "series.js", SCRIPT)                                                                    \
    X(columns_js, "/columns.js", "columns.js", SCRIPT)                                                                 \
    X(chart_js, "/chart.js", "chart.js", SCRIPT)                                                                       \
    X(bands_js, "/bands.js", "bands.js", SCRIPT)                                                                       \
    X(forecasts_js, "/forecasts.js", "forecasts.js", SCRIPT)                                                           \
    X(decisions_js, "/decisions.js", "decisions.js", SCRIPT)                                                           \
    X(hold_js, "/hold.js", "hold.js", SCRIPT)                                                                          \
    X(history_js, "/history.js", "history.js", SCRIPT)                                                                 \
    X(groups_js, "/groups.js", "groups.js", SCRIPT)                                                                    \
    X(listing_js, "/listing.js", "listing.js", SCRIPT)                                                                 \
    X(problems_js, "/problems.js", "problems.js", SCRIPT)                                                              \
    X(spark_js, "/spark.js", "spark.js", SCRIPT)                                                                       \
    X(theme_js, "/theme.js", "theme.js", SCRIPT)                                                                       \
    X(node_js, "/node.js", "node.js", SCRIPT)                                                                          \
    X(page_css, "/page.css", "page.css", STYLE)                                                                        \
    X(uplot_js, "/uplot.js", "uplot/uPlot.iife.min.js", SCRIPT)                                                        \
    X(uplot_css, "/uplot.css", "uplot/uPlot.min.css", STYLE)

/* The assembler includes each file as it is. HEADROOM_WEB is the folder, given by the build. */
#define EMBED(symbol, path, file, type)                                                                                \
    __asm__(".section .rodata\n"                                                                                       \
            "web_" #symbol "_begin:\n.incbin \"" HEADROOM_WEB "/" file "\"\n"                                          \
            "web_" #symbol "_end:\n.byte 0\n.previous\n");                                                             \
    extern char web_##symbol##_begin[];                                                                                \
    extern char web_##symbol##_end[];
ASSETS(EMBED)

#define ROW(symbol, path, file, type) {path, type, web_##symbol##_begin, web_##symbol##_end},
static const struct http_asset assets[] = {ASSETS(ROW)};

const struct http_asset *http_assets_find(const char *path)
{
    for (size_t i = 0; i < sizeof assets / sizeof *assets; i++)
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    return NULL;
}

void http_assets_tag(const char *text, size_t len, char *tag)
{
    uint64_t hash = hash_fnv1a(hash_fnv1a_begin(), text, len);

    snprintf(tag, HTTP_ETAG_SIZE, "\"%016" PRIx64 "\"", hash);
}
