# The first argument is a command or a path; shtab knows only commands there.
_whitetail_files() { [[ $1 == */* || $1 == [.~]* ]] && compgen -f -- "$1"; }
_shtab_whitetail_pos_0_COMPGEN=_whitetail_files

# Prints ids of runs or threads in the tree that the line names. They are not
# evaluated, and have only letters, digits, _ and -.
_whitetail_ids() {
  local tree= word i
  [[ ${COMP_WORDS[1]} == */* || ${COMP_WORDS[1]} == [.~]* ]] && tree=${COMP_WORDS[1]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == -t || ${COMP_WORDS[i]} == --tree ]]; then
      tree=${COMP_WORDS[i + 1]}
    fi
  done
  [[ $tree == \~/* ]] && tree=$HOME/${tree:2}
  word=${COMP_WORDS[0]}
  [[ $word == \~/* ]] && word=$HOME/${word:2}
  "$word" completions --ids "$1" ${tree:+-t "$tree"} "--beginning=$2" 2>/dev/null </dev/null
}
_whitetail_runs() { _whitetail_ids runs "$1"; }
_whitetail_threads() { _whitetail_ids threads "$1"; }
_whitetail_both() { _whitetail_ids both "$1"; }
