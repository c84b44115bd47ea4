# The first argument is a command or a path; shtab knows only commands there.
functions[_whitetail_commands]=$functions[_shtab_whitetail_commands]
_shtab_whitetail_commands() {
  if [[ $PREFIX == (*/*|[.~]*) ]]; then _files; else _whitetail_commands; fi
}

# Adds ids of runs or threads in the tree that the line names. They are not
# evaluated, and have only letters, digits, _ and -.
_whitetail_ids() {
  local program=${(Q)_comp_command1:-whitetail} tree=${(Q)${opt_args[-t]:-${opt_args[--tree]}}}
  local -a found
  [[ $tree == \~/* ]] && tree=$HOME/${tree[3,-1]}
  [[ $program == \~/* ]] && program=$HOME/${program[3,-1]}
  found=(${(f)"$($program completions --ids $1 ${tree:+-t} ${tree:+$tree} "--beginning=$PREFIX" 2>/dev/null </dev/null)"})
  compadd -a found
}
_whitetail_runs() { _whitetail_ids runs }
_whitetail_threads() { _whitetail_ids threads }
_whitetail_both() { _whitetail_ids both }
