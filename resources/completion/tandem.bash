# bash completion for tandem                                -*- shell-script -*-
# The program itself lists the completions, so that this script knows no command and no option.
_tandem() {
  local cur prev words cword line
  if declare -F _init_completion >/dev/null; then
    _init_completion -n := || return
  else
    words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}
  fi
  # The program completes what a word means, not how it is quoted.
  local quote= typed=("${words[@]:1:cword}")
  case ${typed[cword - 1]} in
    [\"\']*) quote=1 typed[cword - 1]=${typed[cword - 1]:1} ;;
    *) typed[cword - 1]=${typed[cword - 1]//\\/} ;;
  esac
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :file* | :folder)
        if ! declare -F _filedir >/dev/null; then
          compopt -o default
        elif [[ $line == :folder ]]; then
          _filedir -d
        elif [[ $line == *. ]]; then
          _filedir
        else
          _filedir "${line##*.}"
        fi
        ;;
      *)
        [[ $quote ]] || printf -v line '%q' "$line"
        COMPREPLY+=("$line")
        ;;
    esac
  done < <("$1" __complete "${typed[@]}" 2>/dev/null)
  if declare -F __ltrim_colon_completions >/dev/null; then
    __ltrim_colon_completions "$cur"
  fi
} && complete -F _tandem tandem
