# Bash splits words at @: here @latest is one word again.
_whitetail() {
  local i before=("${COMP_WORDS[@]}") cword=$COMP_CWORD
  local COMP_WORDS=() COMP_CWORD=$cword
  for ((i = 0; i < ${#before[@]}; i++)); do
    if [[ ${before[i]} == @ && i -lt cword && $COMP_LINE == *" @${before[i + 1]}"* ]]; then
      COMP_WORDS+=("@${before[++i]}")
      ((COMP_CWORD--))
    else
      COMP_WORDS+=("${before[i]}")
    fi
  done
  _shtab_whitetail "$@"
  [[ $2 == @* ]] || COMPREPLY=("${COMPREPLY[@]#@}")
  return 0
}
complete -o bashdefault -F _whitetail whitetail
