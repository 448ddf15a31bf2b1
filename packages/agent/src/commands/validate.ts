import { settingsFromCommandLine } from '@logpipe/config'
import { exitCodes } from '@logpipe/runtime'
import { print } from '@logpipe/runtime/terminal'
import type { CommandContext } from './context.ts'
import type { ConfigFlags } from './run.ts'

/** `logagent validate`: checks the settings and tells all that is wrong with them, and which entries `run` would refuse. Resolves to the exit code. */
export async function validate(
  { config }: ConfigFlags,
  args: readonly string[],
  { output }: CommandContext,
): Promise<number> {
  const settings = settingsFromCommandLine('agent', config, args)
  if (settings === null) return exitCodes.badSettings
  // Here and not above, as in `run`.
  const [{ compilePlan, emptyPlan }, { Roots }] = await Promise.all([
    import('../plan/compile.ts'),
    import('../discover/roots.ts'),
  ])
  const plan = compilePlan(settings.entries, emptyPlan, settings.deadLetter.topicSuffix)
  const { refused } = new Roots(settings.discover.roots).apply(plan)
  if (refused.length > 0) {
    const lines = refused.map(({ entry, message }) => `  entry '${entry}': ${message}\n`)
    output.stderr.write(`logagent: these entries would be refused; all else is valid.\n${lines.join('')}`)
    return exitCodes.badSettings
  }
  await print(output, 'The settings are valid.\n')
  return exitCodes.ok
}
