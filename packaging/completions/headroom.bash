# Completion for bash: headroom, headroom-agent, headroom-bridge, headroom-collector, headroom-hook-test and
# headroom-scaler. The programs themselves list their flags and commands, with --list-flags, so this file needs no change
# when they do.

# Prints what a flag may be followed by: the names in its argument or in its help text, or FILE or DIR.
_headroom_values() {
    local argument=$1 help=$2
    case $argument in
        '') ;;
        FILE | PATH | PROGRAM) echo FILE ;;
        DIR) echo DIR ;;
        MODE | STATE) # "... (a, b or c; default a)", "...: a, b or c"
            help=${help##*: }
            help=${help##*\(}
            help=${help%;*}
            help=${help// or /, }
            echo "${help//,/}" ;;
        *\|*) # "on|off", and words in capitals for anything
            local word
            for word in ${argument//|/ }; do
                [[ $word == *[A-Z]* ]] || echo "$word"
            done ;;
    esac
}

_headroom() {
    local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local kind name letter argument help flag= joined= command= tab=$'\t' line i
    COMPREPLY=()

    # bash splits --flag=value into three words
    if [[ $word == = ]]; then
        flag=$before joined=1 word=
    elif [[ $before == = && $COMP_CWORD -ge 2 ]]; then
        flag=${COMP_WORDS[COMP_CWORD - 2]} joined=1
    elif [[ $before == --* ]]; then
        flag=$before
    fi

    local -a list
    mapfile -t list < <("$program" --list-flags 2>/dev/null)
    for ((i = 0; i < ${#list[@]}; i++)); do
        [[ ${list[i]} == "command$tab${COMP_WORDS[1]}$tab"* && $COMP_CWORD -gt 1 ]] && command=${COMP_WORDS[1]}
    done
    [[ -z $command ]] || mapfile -t list < <("$program" "$command" --list-flags 2>/dev/null)

    local words=() values= takes=
    for line in "${list[@]}"; do
        line=${line//$tab/$'\x1f'} # tabs would be joined by read
        IFS=$'\x1f' read -r kind name letter argument help <<<"$line"
        case $kind in
            command) words+=("$name") ;;
            flag)
                words+=("--$name")
                if [[ $flag == "--$name" ]]; then
                    takes=$argument
                    argument=${argument#[}
                    values=$(_headroom_values "${argument%]}" "$help")
                fi ;;
        esac
    done

    # an optional value follows only after a "="
    if [[ -n $takes && (-n $joined || $takes != "["*) ]]; then
        case $values in
            FILE) mapfile -t COMPREPLY < <(compgen -f -- "$word") && compopt -o filenames 2>/dev/null ;;
            DIR) mapfile -t COMPREPLY < <(compgen -d -- "$word") && compopt -o filenames 2>/dev/null ;;
            *) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word") ;;
        esac
    elif [[ $word == -* || -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${words[*]}" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word") && compopt -o filenames 2>/dev/null
    fi
}

complete -F _headroom headroom headroom-agent headroom-bridge headroom-collector headroom-hook-test headroom-scaler
