import { settingsFromCommandLine } from '@logpipe/config'
import { exitCodes } from '@logpipe/runtime'
import { print } from '@logpipe/runtime/terminal'
import type { CommandContext } from './context.ts'
import type { ConfigFlags } from './run.ts'

/** `logagent validate`: checks the settings and tells all that is wrong with them. Resolves to the exit code. */
export async function validate(
  { config }: ConfigFlags,
  args: readonly string[],
  { output }: CommandContext,
): Promise<number> {
  if (settingsFromCommandLine('agent', config, args) === null) return exitCodes.badSettings
  await print(output, 'The settings are valid.\n')
  return exitCodes.ok
}
