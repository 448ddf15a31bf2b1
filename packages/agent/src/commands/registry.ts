import { join } from 'node:path'
import { agentSectionFromCommandLine } from '@logpipe/config'
import { count, escapeControls } from '@logpipe/runtime/terminal'
import type { Checkpoint } from '../registry/registry.ts'
import { lookIntoRegistry } from '../registry/sqlite/look.ts'
import { registryFile } from '../registry/sqlite/registry.ts'
import { agentExitCodes, type CommandContext } from './context.ts'
import { pathFilter } from './path-filter.ts'
import type { ConfigFlags } from './run.ts'

export interface RegistryFlags extends ConfigFlags {
  path?: string
}

/** The positions that a command is about. */
export interface Positions {
  readonly dataDir: string
  /** By path. */
  readonly checkpoints: Checkpoint[]
}

/** The positions in the registry of `dataDir` that `--path` means; an exit code where there is none to speak of, after saying why. */
export function readPositions(
  flags: RegistryFlags,
  args: readonly string[],
  { output }: CommandContext,
): Positions | number {
  const matches = flags.path === undefined ? () => true : pathFilter(flags.path)
  const dataDir = agentSectionFromCommandLine('dataDir', flags.config, args)
  if (dataDir === null) return agentExitCodes.badSettings
  const say = (text: string): void => void output.stderr.write(`logagent: ${escapeControls(text)}\n`)
  const path = join(dataDir, registryFile)

  const look = lookIntoRegistry(dataDir)
  switch (look.state) {
    case 'missing':
      say(`There is no registry ${path}; is this the dataDir of the agent?`)
      return agentExitCodes.failed
    case 'held':
      say(
        `A running agent holds the registry ${path}. 'logagent files' shows its positions; stop it to work on the registry.`,
      )
      return agentExitCodes.registryHeld
    case 'unusable':
      say(`The registry ${path} cannot be read: ${look.reason}.`)
      return agentExitCodes.failed
    case 'readable':
      if (look.damaged > 0) say(`${count(look.damaged)} damaged rows were left out, as the agent does.`)
      return {
        dataDir,
        checkpoints: look.checkpoints
          .filter((checkpoint) => matches(checkpoint.path))
          .sort((a, b) => (a.path < b.path ? -1 : 1)),
      }
  }
}
