# Sourced by the hooks that create and delete single servers, whose names are GROUP-1, GROUP-2 and so on. The name is
# the node's id. The hook defines
#
#     list_servers   prints a line NAME ID for each server that is not about to go, and NAME for one that is not the
#                    hook's; lines of other names are skipped
#     create NAME    creates a server
#     remove ID      deletes a server
#
# The list may lag behind. So the hook notes what it does with a server, and believes its notes for settle_s:
#
#     starting, stopping   noted before the command: the list decides, but an order that finds such a note of a run that
#                          was killed first waits for the list to show what that run has done
#     there, gone          noted after it: the server counts although it is not listed, or does not although it is
#     unsure               the command has failed: the list decides
#
# The name of a note is not given to another server.
#
# shellcheck shell=sh

settle_s=${HEADROOM_HOOK_SETTLE_S:-20}
at_once=8 # commands that run at the same time

# The lines TIME NAME WHAT of the notes that are still believed.
fresh_notes() {
    [ -e "$files.notes" ] || return 0
    awk -v now="$(date +%s)" -v settle="$settle_s" 'now - $1 < settle && $1 <= now' "$files.notes"
}

# note WHAT NAME...: the last note of a name counts.
note() {
    [ -z "$dry_run" ] || return 0
    what=$1
    shift
    {
        fresh_notes
        for node; do
            echo "$(date +%s) $node $what"
        done
    } | write_state notes
}

# The lines of list_servers for names GROUP-N.
own_servers() {
    echo "$1" | awk -v prefix="$group-" '
        index($1, prefix) == 1 && substr($1, length(prefix) + 1) ~ /^[1-9][0-9]*$/'
}

# Sets `listed` to the lines of list_servers for names GROUP-N.
read_list() {
    listed=$(list_servers) || fail "the servers can't be listed"
    listed=$(own_servers "$listed")
}

# The fresh notes, an empty line, and the list.
notes_and_list() {
    fresh_notes
    echo
    echo "$listed"
}

# Whether a run was killed, and the list does not show yet what it may have done.
is_unsettled() {
    notes_and_list | awk '
        NF == 0 { listed = 1; next }
        !listed { what[$2] = $3; next }
        { seen[$1] = 1 }
        END {
            for (name in what)
                if (what[name] == (name in seen ? "stopping" : "starting"))
                    exit 0
            exit 1
        }'
}

# Sets `nodes` to lines NAME ID, without an ID for servers that are not listed yet.
read_nodes() {
    read_list
    if [ "$verb" != count ] && [ -z "$dry_run" ]; then
        while is_unsettled; do
            sleep 1
            read_list
        done
    fi
    nodes=$(notes_and_list | awk '
        NF == 0 { listed = 1; next }
        !listed { what[$2] = $3; next }
        { seen[$1] = 1 }
        NF > 1 && what[$1] != "gone"
        END { for (name in what) if (what[name] == "there" && !(name in seen)) print name }')
}

# free_names COUNT: the lowest names that no server has, and no note.
free_names() {
    {
        column 1 "$listed"
        column 2 "$(fresh_notes)"
    } | awk -v group="$group" -v count="$1" '
        { taken[$1] = 1 }
        END {
            for (n = 1; count > 0; n++)
                if (!((group "-" n) in taken)) {
                    print group "-" n
                    count--
                }
        }'
}

# run_batch NAME=ARGUMENT...: runs $command for the arguments, all at once. Notes $before and $after for the names.
run_batch() {
    names=
    for pair; do
        names="$names ${pair%%=*}"
    done
    # shellcheck disable=SC2086 # each word is a name, here and below
    note "$before" $names
    processes=
    for pair; do
        "$command" "${pair#*=}" &
        processes="$processes ${pair%%=*}=$!"
    done
    done=
    failed=
    for pair in $processes; do
        if wait "${pair#*=}"; then
            done="$done ${pair%%=*}"
        else
            failed="$failed ${pair%%=*}"
        fi
    done
    # shellcheck disable=SC2086
    note "$after" $done
    # shellcheck disable=SC2086
    note unsure $failed
    [ -z "$failed" ] || fail "can't $command$failed"
}

# in_batches NAME=ARGUMENT...: runs $command for the arguments, at_once at a time. Ends after a batch in which one
# failed: the next would most likely fail, too.
in_batches() {
    batch=
    size=0
    for word; do
        batch="$batch $word"
        size=$((size + 1))
        if [ "$size" -eq "$at_once" ]; then
            # shellcheck disable=SC2086 # each word is NAME=ARGUMENT, here and below
            run_batch $batch
            batch=
            size=0
        fi
    done
    # shellcheck disable=SC2086
    [ -z "$batch" ] || run_batch $batch
}

scale_out() {
    lacking=$((to - $(count_lines "$nodes")))
    [ "$lacking" -gt 0 ] || return 0
    command=create
    before=starting
    after=there
    # shellcheck disable=SC2046 # each word is NAME=NAME
    in_batches $(free_names "$lacking" | sed 's/.*/&=&/')
}

scale_in() {
    have=$(count_lines "$nodes")
    [ "$have" -gt "$to" ] || exit 65
    pairs=$(choose $((have - to)) "$@" | tr ' ' =)
    if [ -z "$pairs" ]; then
        echo "none of these nodes exists"
        return 0
    fi
    command=remove
    before=stopping
    after=gone
    # shellcheck disable=SC2086 # each word is NAME=ID
    in_batches $pairs
}
