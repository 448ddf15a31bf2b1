import { count, escapeControls, print, table } from '@logpipe/runtime/terminal'
import type { Checkpoint } from '../registry/registry.ts'
import { agentExitCodes, type CommandContext } from './context.ts'
import { readPositions, type RegistryFlags } from './registry.ts'

export interface RegistryListFlags extends RegistryFlags {
  json?: boolean
}

/** `logagent registry list`: the positions that an agent left when it stopped. Resolves to the exit code. */
export async function registryList(
  flags: RegistryListFlags,
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  const positions = readPositions(flags, args, context)
  if (typeof positions === 'number') return positions
  const { checkpoints, dataDir } = positions
  const { output } = context
  if (flags.json === true) {
    // Inode numbers and birth times are larger than JSON's numbers hold.
    const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
    await print(output, `${JSON.stringify({ dataDir, checkpoints }, plain)}\n`)
  } else if (checkpoints.length > 0) {
    await print(output, positionsTable(checkpoints))
  } else {
    output.stderr.write(flags.path === undefined ? 'The registry is empty.\n' : 'No position matches.\n')
  }
  return agentExitCodes.ok
}

const columns = [
  { title: 'PATH' },
  { title: 'ENTRY' },
  { title: 'TOPIC' },
  { title: 'STATE' },
  { title: 'ACKED', number: true },
  { title: 'SEEN' },
  { title: 'SOURCE' },
]

/** Positions for people. Whoever makes files chooses their names, so what a terminal would obey in them is written out. */
export function positionsTable(checkpoints: readonly Checkpoint[]): string {
  const rows = checkpoints.map(({ path, entry, topic, state, acked, seenMs, sourceId }) =>
    [path, entry, topic, state, count(acked), timeText(seenMs), sourceId].map(escapeControls),
  )
  return table(columns, rows)
}

function timeText(ms: number): string {
  const time = new Date(ms)
  return Number.isNaN(time.getTime()) ? '' : `${time.toISOString().slice(0, 19)}Z`
}
