export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The hidden command that all scripts ask, with the words up to the cursor behind `--`. */
export const askCommand = 'complete'

/** What teaches a shell to complete `logctl`: it asks `logctl` itself, and offers files where that knows nothing. */
export const scripts: Record<Shell, string> = {
  bash: `# bash completion of logctl
_logctl() {
  local IFS=$'\\n'
  COMPREPLY=($("$1" ${askCommand} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _logctl logctl
`,
  zsh: `#compdef logctl
# zsh completion of logctl
_logctl() {
  local -a found
  local value text
  while IFS=$'\\t' read -r value text; do
    found+=("\${value//:/\\\\:}:$text")
  done < <("\${words[1]}" ${askCommand} -- "\${(@)words[2,$CURRENT]}" 2>/dev/null)
  if (( $#found )); then
    _describe logctl found
  else
    _files
  fi
}
if [ "$funcstack[1]" = _logctl ]; then
  _logctl "$@"
else
  compdef _logctl logctl
fi
`,
  fish: `# fish completion of logctl
function __logctl_find
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -g __logctl_found ($words[1] ${askCommand} -- $words[2..-1] "$current" 2>/dev/null)
  test (count $__logctl_found) -gt 0
end
complete -c logctl -n __logctl_find -f -a '$__logctl_found'
`,
}
