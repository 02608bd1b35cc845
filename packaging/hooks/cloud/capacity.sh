# Sourced by the hooks whose cloud keeps a group at a number of instances: the desired capacity of an Auto Scaling
# group, the target size of a managed instance group, the capacity of a scale set. The hook defines
#
#     read_nodes           sets `desired`, this number, `largest`, the most that the group may have ("": unknown), and
#                          `nodes`: a line NODE INSTANCE for each instance that is not about to go; ends with
#                          check_desired
#     set_capacity N       brings the group to N instances; N is always above `desired`
#     remove INSTANCE...   removes these instances, and lowers the number by as many
#
# The number is what makes orders repeatable: it is in force at once, while the list of instances may lag behind.
#
# shellcheck shell=sh

# find_target WHAT: sets `target`, what the map has for the group, such as the name of a scale set, and `flags`.
find_target() {
    what=$1
    # shellcheck disable=SC2086 # each word is an argument
    set -- $arguments
    [ $# -gt 0 ] || fail "$map does not name $what for group $group"
    target=$1
    shift
    flags=$*
}

# The test [ fails for a number of more than 64 bits, as if the comparison were wrong.
check_desired() {
    case $desired in
    '' | *[!0-9]* | ???????*) fail "the cloud does not know $target, or how many instances it is to have" ;;
    esac
}

scale_out() {
    wanted=$to
    if [ -n "$largest" ] && [ "$to" -gt "$largest" ]; then
        wanted=$largest
    fi
    if [ "$wanted" -gt "$desired" ]; then
        set_capacity "$wanted" || fail "the group stays at $desired instances"
    fi
    [ "$wanted" -eq "$to" ] || fail "$to nodes are needed, but the maximum of the group is $largest"
}

scale_in() {
    have=$(count_lines "$nodes")
    # Instances that the list still shows, but the number no longer includes, are about to go.
    [ "$have" -le "$desired" ] || have=$desired
    [ "$have" -gt "$to" ] || exit 65
    instances=$(column 2 "$(choose $((have - to)) "$@")")
    if [ -z "$instances" ]; then
        echo "none of these nodes exists"
        return 0
    fi
    # shellcheck disable=SC2086 # each word is an instance
    remove $instances || fail "not all of these instances were removed:" $instances
}
