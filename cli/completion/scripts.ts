/** Shells that ask us what may follow. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** The command that the scripts call; `xenkeep --help` does not list it. */
export const ASK = '__complete'

/**
 * What a shell has to read. The scripts know nothing of our commands: they hand the line to `xenkeep` itself and take words back, one a line behind a first
 * line that says `files` or `words`. No word is evaluated on its way.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  // bash gives the line as it was typed, and takes what is to be put there, quoted.
  bash: `_xenkeep() {
  local kind= word
  COMPREPLY=()
  while IFS= read -r word; do
    if [[ -z $kind ]]; then kind=$word; else COMPREPLY+=("$word"); fi
  done < <(command xenkeep ${ASK} bash -- "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  if [[ $kind == files ]]; then compopt -o default; fi
}
complete -F _xenkeep xenkeep
`,
  // zsh gives the words, (Q) takes their quotes off, and compadd quotes what it puts there.
  zsh: `#compdef xenkeep
_xenkeep() {
  local -a answer values shown
  local line kind
  answer=("\${(@f)$(command xenkeep ${ASK} zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  kind=\${answer[1]}
  for line in "\${(@)answer[2,-1]}"; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  if [[ $kind == files ]]; then _files; return; fi
  (( \${#values} )) && compadd -l -d shown -a -- values
}
if [[ \${funcstack[1]} == _xenkeep ]]; then _xenkeep "$@"; elif (( \${+functions[compdef]} )); then compdef _xenkeep xenkeep; fi
`,
  // fish unquotes finished words itself, and escapes what it puts there.
  fish: `function __xenkeep_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    set -l answer (command xenkeep ${ASK} fish -- $words[2..-1] "$current" 2>/dev/null)
    if test "$answer[1]" = files
        __fish_complete_path "$current"
    end
    if test (count $answer) -gt 1
        printf '%s\\n' $answer[2..-1]
    end
end
complete -c xenkeep -f -a '(__xenkeep_complete)'
`,
}
