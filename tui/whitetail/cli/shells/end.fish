complete -c whitetail -n "_shtab_whitetail_using; and string match -qr '^[.~/]' -- (commandline -ct)" -F

# Prints ids of runs or threads in the tree that the line names.
function _whitetail_ids
    set -l words (commandline -opc)
    set -l tree
    for number in (seq 2 (count $words))
        switch $words[$number]
            case -t --tree
                set tree -t $words[(math $number + 1)]
            case '--tree=*'
                set tree -t (string replace -- --tree= '' $words[$number])
        end
    end
    set -l program (string replace -r '^~/' -- "$HOME/" $words[1])
    $program completions --ids $argv[1] $tree --beginning=(commandline -ct) 2>/dev/null </dev/null
end
