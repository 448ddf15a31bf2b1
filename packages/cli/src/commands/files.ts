import { type AgentProgress, type FileProgress, parseFileStates, worseFirst } from '@logpipe/config'
import { count, escapeControls, type Output, print, remark, sentence, table } from '@logpipe/runtime/terminal'
import { parseLimit } from '../dead-letters/selection.ts'
import { withStore } from '../entries/session.ts'
import { readFleet } from '../fleet/fleet.ts'
import { jsonLine } from '../output/json.ts'
import { pathPattern } from '../path-pattern.ts'
import { ageText, type Presence, presenceOf } from '../progress/presence.ts'
import { readProgress } from '../progress/read.ts'
import { type CliSettings, need } from '../settings.ts'
import type { CommandContext } from './context.ts'

export interface FilesFlags {
  agent?: string
  host?: string
  path?: string
  state?: string
  live?: boolean
  limit?: string
  json?: boolean
  progressTopic?: string
}

const maxLimit = 1_000_000

/** A file of an agent. */
interface Row {
  said: AgentProgress
  presence: Presence
  file: FileProgress
}

/** `logctl files`: what agents said last of their files. */
export async function files(
  flags: FilesFlags,
  settings: CliSettings,
  context: Pick<CommandContext, 'output' | 'signal' | 'ask'>,
): Promise<void> {
  const { output, signal } = context
  const states = flags.state === undefined ? null : parseFileStates(flags.state)
  const matches = flags.path === undefined ? () => true : pathPattern(flags.path)
  const limit = flags.limit === undefined ? Infinity : parseLimit(flags.limit, maxLimit)
  const [{ agents, foreign }, alive] = await Promise.all([
    readProgress(need(settings, 'kafka'), settings.progressTopic, signal),
    registered(settings, context),
  ])
  const now = Date.now()
  const meant = agents.flatMap((said) => {
    const presence = presenceOf(said, alive, now)
    const isMeant =
      (flags.agent === undefined || said.agent === flags.agent) &&
      (flags.host === undefined || said.host === flags.host || said.ip === flags.host) &&
      (flags.live !== true || presence === 'alive' || presence === 'silent')
    return isMeant ? [{ said, presence }] : []
  })
  const rows = meant
    .flatMap(({ said, presence }) => said.files.map((file): Row => ({ said, presence, file })))
    .filter(({ file }) => matches(file.path) && (states === null || states.includes(file.state)))
    .toSorted((a, b) => worseFirst(a.file, b.file))
  const shown = rows.slice(0, limit)
  if (flags.json === true) await print(output, shown.map((row) => jsonLine(rowObject(row))).join(''), signal)
  else if (shown.length > 0) await print(output, filesTable(shown, now), signal)
  const omitted = meant.reduce((sum, { said }) => sum + said.omitted, 0)
  const remarks = [
    `Agents: ${count(meant.length)}. Files shown: ${count(shown.length)} of ${count(rows.length)}.`,
    ...(omitted > 0 ? [`Not named by their agents, since they are better off: ${count(omitted)}.`] : []),
    ...(foreign > 0 ? [`Keys in ${settings.progressTopic} that are no agent's: ${count(foreign)}.`] : []),
  ]
  remark(output, remarks.join(' '))
}

/** The agents that are registered; null where that cannot be known. */
async function registered(
  settings: CliSettings,
  context: { output: Output; signal: AbortSignal; ask: CommandContext['ask'] },
): Promise<ReadonlySet<string> | null> {
  if (settings.etcd === undefined) return null
  try {
    const fleet = await withStore(settings, context, ({ store, prefix }) => readFleet(store, prefix))
    return new Set(fleet.map(({ registration }) => registration.id))
  } catch (error) {
    remark(context.output, `Who is alive is told by age alone: ${sentence(error)}`)
    return null
  }
}

function rowObject({ said: { agent, host, ip, at }, presence, file }: Row): object {
  return { agent, host, ip, presence, at, ...file }
}

const columns = [
  { title: 'AGENT' },
  { title: 'SEEN' },
  { title: 'PATH' },
  { title: 'ENTRY' },
  { title: 'STATE' },
  { title: 'SIZE', number: true },
  { title: 'READ', number: true },
  { title: 'ACKED', number: true },
  { title: 'LAG', number: true },
  { title: 'REASON' },
]

function filesTable(rows: readonly Row[], now: number): string {
  const cells = rows.map(({ said, presence, file }) => {
    const { path, entry, state, size, read, acked, lagBytes, reason } = file
    const seen = `${presence === 'alive' ? '' : `${presence} `}${ageText(said.at, now)}`
    const numbers = [size, read, acked, lagBytes].map(count)
    return [said.agent, seen, path, entry, state, ...numbers, reason ?? ''].map(escapeControls)
  })
  return table(columns, cells)
}
