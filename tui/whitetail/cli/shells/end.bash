# Bash splits words at @ and =: here @latest is one word again, and --tree=PATH are two.
_whitetail() {
  local i before=("${COMP_WORDS[@]}") cword=$COMP_CWORD
  local COMP_WORDS=() COMP_CWORD=$cword
  for ((i = 0; i < ${#before[@]}; i++)); do
    if [[ ${before[i]} == @ && i -lt cword && $COMP_LINE == *" @${before[i + 1]}"* ]]; then
      COMP_WORDS+=("@${before[++i]}")
      ((COMP_CWORD--))
    elif [[ ${before[i]} == = && i -gt 0 && ${before[i - 1]} == --* ]]; then
      if ((i == cword)); then
        COMP_WORDS+=("")
      else
        ((i < cword && COMP_CWORD--))
      fi
    else
      COMP_WORDS+=("${before[i]}")
    fi
  done
  _shtab_whitetail "$@"
  [[ ${COMP_WORDS[COMP_CWORD]} == @* && $2 != @* ]] && COMPREPLY=("${COMPREPLY[@]#@}")
  return 0
}
complete -o bashdefault -F _whitetail whitetail
