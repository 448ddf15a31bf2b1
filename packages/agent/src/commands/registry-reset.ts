import { statSync } from 'node:fs'
import { LogpipeError, silentLogger } from '@logpipe/runtime'
import { count, print } from '@logpipe/runtime/terminal'
import type { Checkpoint } from '../registry/registry.ts'
import { SqliteRegistry } from '../registry/sqlite/registry.ts'
import { agentExitCodes, type CommandContext } from './context.ts'
import { positionsTable } from './registry-list.ts'
import { readPositions, type RegistryFlags } from './registry.ts'

export interface RegistryResetFlags extends RegistryFlags {
  all?: boolean
  yes?: boolean
  dryRun?: boolean
}

/** More positions than these are counted, not listed. */
const maxListed = 20

/**
 * `logagent registry reset`: forgets positions of a stopped agent, so that their files are read from the beginning again. Says what that
 * means and asks before anything is changed. Resolves to the exit code.
 */
export async function registryReset(
  flags: RegistryResetFlags,
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  if ((flags.path === undefined) === (flags.all !== true)) {
    throw new LogpipeError('settings_invalid', 'Say which positions are to be forgotten: either --path GLOB or --all.')
  }
  const positions = readPositions(flags, args, context)
  if (typeof positions === 'number') return positions
  const { checkpoints, dataDir } = positions
  const { output } = context
  if (checkpoints.length === 0) {
    output.stderr.write(flags.all === true ? 'The registry is empty.\n' : 'No position matches.\n')
    return agentExitCodes.failed
  }
  await print(output, preview(checkpoints))
  if (flags.dryRun === true) {
    await print(output, 'Nothing was changed (--dry-run).\n')
    return agentExitCodes.ok
  }
  if (flags.yes !== true) {
    if (context.ask === undefined) {
      output.stderr.write('logagent: Nothing was changed: nobody is there to be asked. Give --yes to go on without.\n')
      return agentExitCodes.badSettings
    }
    const answer = await context.ask('Forget them? Type yes: ')
    if (answer.trim().toLowerCase() !== 'yes') {
      await print(output, 'Nothing was changed.\n')
      return agentExitCodes.failed
    }
  }
  await forget(dataDir, checkpoints)
  const what = checkpoints.length === 1 ? '1 position is' : `${count(checkpoints.length)} positions are`
  await print(output, `${what} forgotten.\n`)
  return agentExitCodes.ok
}

async function forget(dataDir: string, checkpoints: readonly Checkpoint[]): Promise<void> {
  const registry = SqliteRegistry.open(dataDir, silentLogger)
  try {
    await registry.save({ put: [], remove: checkpoints.map(({ sourceId }) => sourceId) }, { durable: true })
  } finally {
    await registry.close()
  }
}

/** Which positions go, and what that costs. */
function preview(checkpoints: readonly Checkpoint[]): string {
  const more = checkpoints.length - maxListed
  const again = checkpoints.filter((each) => each.acked > 0 && each.state !== 'gone' && isThere(each))
  const bytes = again.reduce((sum, { acked }) => sum + acked, 0)
  const files = again.length === 1 ? '1 file' : `${count(again.length)} files`
  const cost =
    again.length === 0
      ? 'None of these files is still where it was; nothing that was sent would be sent again.'
      : `When the agent runs again, ${files} would be read from the beginning: ${count(bytes)} bytes would be sent again, under new ids, ` +
        'so their documents would stand in the index twice. This is also so where an entry has startAt: end.'
  return `${positionsTable(checkpoints.slice(0, maxListed))}${more > 0 ? `… and ${count(more)} more\n` : ''}\n${cost}\n`
}

/** Whether the file is where it was seen last, as far as this user can see. */
function isThere({ path, dev, ino }: Checkpoint): boolean {
  try {
    const found = statSync(path, { bigint: true })
    return found.dev === dev && found.ino === ino
  } catch {
    return false
  }
}
