import { agentSectionFromCommandLine, type FileProgress, parseFileStates } from '@logpipe/config'
import { count, escapeControls, print, table } from '@logpipe/runtime/terminal'
import { askForFiles } from './ask-agent.ts'
import { agentExitCodes, type CommandContext } from './context.ts'
import { pathFilter } from './path-filter.ts'
import type { ConfigFlags } from './run.ts'

export interface FilesFlags extends ConfigFlags {
  state?: string
  path?: string
  json?: boolean
}

/** `logagent files`: what the running agent says of its files. Resolves to the exit code; 3 where no agent answers. */
export async function files(flags: FilesFlags, args: readonly string[], { output }: CommandContext): Promise<number> {
  const states = flags.state === undefined ? null : parseFileStates(flags.state)
  const matches = flags.path === undefined ? () => true : pathFilter(flags.path)
  const http = agentSectionFromCommandLine('http', flags.config, args)
  if (http === null) return agentExitCodes.badSettings

  const answer = await askForFiles(http.listen)
  if ('silence' in answer) {
    output.stderr.write(`logagent: ${escapeControls(answer.silence)}\n`)
    return agentExitCodes.noAgent
  }
  const { report } = answer
  const shown = report.files.filter(({ path, state }) => matches(path) && (states === null || states.includes(state)))
  if (flags.json === true) await print(output, `${JSON.stringify({ ...report, files: shown })}\n`)
  else if (shown.length > 0) await print(output, filesTable(shown))
  else output.stderr.write(report.files.length === 0 ? 'No entry matches any file.\n' : 'No file matches.\n')
  return agentExitCodes.ok
}

const columns = [
  { title: 'PATH' },
  { title: 'ENTRY' },
  { title: 'STATE' },
  { title: 'SIZE', number: true },
  { title: 'READ', number: true },
  { title: 'ACKED', number: true },
  { title: 'LAG', number: true },
  { title: 'REASON' },
]

/** By path. Whoever makes files chooses their names, so what a terminal would obey in them is written out. */
function filesTable(files: readonly FileProgress[]): string {
  const rows = files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, entry, state, size, read, acked, lagBytes, reason }) => {
      const numbers = [size, read, acked, lagBytes].map(count)
      return [path, entry, state, ...numbers, reason ?? ''].map(escapeControls)
    })
  return table(columns, rows)
}
