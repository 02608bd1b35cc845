# Sourced by the hooks for clouds: contract 2 of docs/scaling-hooks.md around the functions that know a cloud.
#
# A hook sets `name`, its own name, sources this file and one of capacity.sh and servers.sh, defines the functions that
# the latter asks for, and ends with run_hook "$@". The functions find these variables:
#
#     group       that of the order
#     arguments   what the map of groups has for this group; split at blanks, never expanded
#
# Exit statuses: those of the contract, 1 if something failed, and 2 for a call that the contract does not have.
#
# shellcheck shell=sh

warn() {
    echo "$name: $*" >&2
}

fail() {
    warn "$@"
    exit 1
}

usage() {
    warn "usage: $name [--dry-run] contract | scale-out GROUP TO | scale-in GROUP TO NODE... | count GROUP"
    exit 2
}

# change COMMAND...: runs a command that changes something, or prints it. What the command prints to standard output is
# dropped: it may have the password of a new server. Its errors are logged.
change() {
    if [ -n "$dry_run" ]; then
        echo "would run: $*"
    else
        "$@" > /dev/null
    fi
}

# Counts the lines of a text that are not empty.
count_lines() {
    echo "$1" | grep -c . || true
}

# Sets `arguments` from the group's line in the map. Agents choose the names of groups, so no name that the map lacks
# has any effect. An editor may have left Windows line ends, which would be a part of the last flag.
find_group() {
    return_character=$(printf '\r')
    map=${HEADROOM_HOOK_MAP:-/etc/headroom/hooks/$name.conf}
    [ -r "$map" ] || fail "$map can't be read"
    while read -r word arguments || [ -n "$word" ]; do
        [ "$word" = "$group" ] || continue
        arguments=${arguments%"$return_character"}
        return 0
    done < "$map"
    return 1
}

# The hook's files of the group: the lock, the last order, and in servers.sh what the cloud may not show yet.
find_files() {
    state=${HEADROOM_HOOK_STATE:-${STATE_DIRECTORY:-/var/lib/headroom}/hooks}
    files=$state/$name.$group
}

# If root tries the hook before the collector runs it, the directory is to belong to the collector's user.
create_state() {
    [ ! -d "$state" ] || return 0
    mkdir -p "$state" || fail "$state can't be created"
    [ "$(id -u)" != 0 ] || chown "$(stat -c %u:%g "$state/..")" "$state"
}

# write_state NAME: replaces a file of the group by standard input.
write_state() {
    { cat > "$files.$1.new" && mv -f "$files.$1.new" "$files.$1"; } || fail "$files.$1 can't be written"
}

# Waits until no other run changes the group: a run of a collector that was killed may still be under way. The time
# limit of the collector ends the wait.
lock_group() {
    [ -e "$files.lock" ] || : > "$files.lock" || fail "$files.lock can't be created"
    exec 9< "$files.lock" || fail "$files.lock can't be opened"
    until flock -n 9; do
        [ $? -eq 1 ] || fail "$files.lock can't be locked by the program flock"
        sleep 1
    done
}

# is_number TEXT: whether the test [ can compare it, which fails beyond 64 bits.
is_number() {
    case $1 in
    '' | *[!0-9]* | ???????????????????*) return 1 ;;
    esac
}

# The wait may have let a newer order pass. An order by hand has no id.
refuse_old_order() {
    case ${HEADROOM_ORDER-} in
    '') return 0 ;;
    *[!0-9.]* | .* | *. | *.*.*) usage ;;
    *.*) ;;
    *) usage ;;
    esac
    epoch=${HEADROOM_ORDER%.*}
    number=${HEADROOM_ORDER#*.}
    { is_number "$epoch" && is_number "$number"; } || usage
    if [ -e "$files.order" ]; then
        [ -r "$files.order" ] || fail "$files.order can't be read"
        read -r last_epoch last_number rest < "$files.order" || true
        if ! is_number "$last_epoch" || ! is_number "$last_number" || [ -n "$rest" ]; then
            # A power cut can leave that, and has ended the runs of older orders.
            warn "$files.order is damaged, and is replaced"
        elif [ "$epoch" -lt "$last_epoch" ] ||
            { [ "$epoch" -eq "$last_epoch" ] && [ "$number" -lt "$last_number" ]; }; then
            fail "order $HEADROOM_ORDER is older than $last_epoch.$last_number, which has run"
        fi
    fi
    echo "$epoch $number" | write_state order
}

check_words() {
    case $group in
    '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._-]*)
        warn "\"$group\" is not a group name"
        exit 2
        ;;
    esac
    case $to in
    '' | *[!0-9]* | ???????*)
        warn "\"$to\" is not a number of nodes"
        exit 2
        ;;
    esac
}

run_hook() {
    dry_run=${HEADROOM_HOOK_DRY_RUN-}
    if [ "${1-}" = --dry-run ]; then
        dry_run=yes
        shift
    fi
    verb=${1-}
    group=${2-}
    to=${3-}
    case $verb:$# in
    contract:1)
        echo 2
        return
        ;;
    count:2) to=0 ;;
    scale-out:3) ;;
    scale-in:3)
        warn "nodes are removed by name only: group $group must not have victims = any"
        exit 2
        ;;
    scale-in:[4-9] | scale-in:[1-9][0-9]*) ;;
    *) usage ;;
    esac
    check_words
    if ! find_group; then
        [ "$verb" != count ] || exit 64
        fail "$map has no group $group"
    fi
    find_files
    if [ "$verb" != count ] && [ -z "$dry_run" ]; then
        create_state
        lock_group
        refuse_old_order
    fi
    read_nodes
    case $verb in
    count) print_count ;;
    scale-out) scale_out ;;
    scale-in)
        shift 3
        scale_in "$@"
        ;;
    esac
}

print_count() {
    count_lines "$nodes"
    column 1 "$nodes"
}

# column N LINES
column() {
    echo "$2" | awk -v n="$1" 'NF { print $n }'
}

# choose MOST NODE...: the lines NODE INSTANCE of `nodes` for at most MOST of these nodes, each once. Skips names that
# no instance has, and those that several have.
choose() {
    most=$1
    shift
    {
        echo "$nodes"
        echo
        printf '%s\n' "$@"
    } | awk -v most="$most" '
        NF == 0 { named = 1; next }
        !named { instance[$1] = $2; instances[$1]++; next }
        taken < most && instances[$1] == 1 && instance[$1] != "" {
            print $1, instance[$1]
            delete instance[$1]
            taken++
        }'
}
