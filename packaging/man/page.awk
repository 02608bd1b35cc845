# Makes a manual page (mdoc) from a template: mawk -v program=PATH -f page.awk TEMPLATE
#
# A line of the template that is one of these is replaced by what the program lists with --list-flags:
#
#     @about@      the text above the flags of --help
#     @after@      the text below them
#     @options@    the flags
#     @settings@   the flags that the configuration file takes, too: all but the first heading and the standard flags
#     @commands@   for each command its text, flags and operands

function escape(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/[.] /, ".\n", text) # a new sentence begins a new line
    if (text ~ /^[.']/)
        text = "\\&" text
    return text
}

# Reads the list into record[1..n][...]: the fields of each line, separated by tabs.
function read_list(command,    line, n) {
    n = 0
    command = "\"" program "\" " command " --list-flags"
    while ((command | getline line) > 0)
        record[++n] = line
    if (close(command) != 0 || n == 0) {
        print command " failed" > "/dev/stderr"
        failed = 1
        exit 1
    }
    return n
}

# Prints the lines of one kind: about, after. Lines that begin with a space are a table.
function print_text(kind, n,    i, field, literal, begun) {
    for (i = 1; i <= n; i++) {
        split(record[i], field, "\t")
        if (field[1] != kind)
            continue
        if (field[2] ~ /^ / && !literal) {
            print ".Bd -literal -compact"
            literal = 1
        } else if (field[2] !~ /^ / && literal) {
            print ".Ed"
            literal = 0
        }
        if (literal)
            print escape_literal(field[2])
        else if (field[2] == "")
            pending = begun
        else {
            if (pending)
                print ".Pp"
            pending = 0
            print escape(field[2])
            begun = 1
        }
    }
    if (literal)
        print ".Ed"
    pending = 0
}

function escape_literal(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return text
}

function print_flag(field,    tag) {
    tag = (field[3] != "" ? "Fl " field[3] " , Fl" : "Fl") " -" field[2]
    if (field[4] ~ /^\[/)
        tag = tag " Ns Oo = Ns Ar " substr(field[4], 2, length(field[4]) - 2) " Oc"
    else if (field[4] != "")
        tag = tag " Ns = Ns Ar " field[4]
    print ".It " tag
    print escape(field[5])
}

function print_setting(field,    value) {
    value = field[4]
    gsub(/[][]/, "", value)
    print ".It Ic " field[2] " No = Ar " (value != "" ? value : "on|off")
    print escape(field[5])
}

function end_list(open) {
    if (open)
        print ".El"
    return 0
}

# Prints the flags: of a program with its headings as subsections, of a command without the standard flags, or those that
# are settings of the configuration file.
function print_flags(n, what,    i, field, open, headings) {
    open = 0
    headings = 0
    for (i = 1; i <= n; i++) {
        split(record[i], field, "\t")
        if (field[1] == "heading") {
            headings++
            open = end_list(open)
            if (field[2] != "This program:" && field[2] != "Commands:" && !(what == "settings" && headings == 1))
                print (what == "command" ? ".Pp\n" : ".Ss ") escape_heading(field[2])
        } else if (field[1] == "flag") {
            if (what == "settings" && headings == 1)
                continue
            if (what != "program" && field[2] ~ /^(help|usage|version)$/)
                continue
            if (!open)
                print ".Bl -tag -width Ds"
            open = 1
            if (what == "settings")
                print_setting(field)
            else
                print_flag(field)
        }
    }
    end_list(open)
}

function escape_heading(text) {
    sub(/:$/, "", text)
    return escape_literal(text)
}

function print_commands(n,    i, field, names, usage, count, more) {
    count = 0
    for (i = 1; i <= n; i++) {
        split(record[i], field, "\t")
        if (field[1] == "command") {
            names[++count] = field[2]
            usage[count] = field[3]
        }
    }
    for (i = 1; i <= count; i++) {
        print ".Ss " names[i]
        more = read_list(names[i])
        print ".Nm"
        print ".Cm " names[i]
        print ".Op Ar option ..."
        print_operands(more)
        print ".Pp"
        print_text("about", more)
        print_flags(more, "command")
        if (has(more, "after")) {
            print ".Pp"
            print_text("after", more)
        }
    }
}

function has(n, kind,    i) {
    for (i = 1; i <= n; i++)
        if (index(record[i], kind "\t") == 1)
            return 1
    return 0
}

function print_operands(n,    i, field) {
    for (i = 1; i <= n; i++) {
        split(record[i], field, "\t")
        if (field[1] == "operands")
            print ".Ar " field[2]
    }
}

/^@about@$/ { print_text("about", read_list("")); next }
/^@after@$/ { print_text("after", read_list("")); next }
/^@options@$/ { print_flags(read_list(""), "program"); next }
/^@settings@$/ { print_flags(read_list(""), "settings"); next }
/^@commands@$/ { print_commands(read_list("")); next }
{ print }

END { exit failed }
