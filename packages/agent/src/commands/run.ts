import { settingsFromCommandLine } from '@logpipe/config'
import { createLogger, exitCodes, runUntilSignal } from '@logpipe/runtime'

export interface ConfigFlags {
  config?: string
}

/** `logagent run`: collects until told to stop. Resolves to the exit code. */
export async function run({ config }: ConfigFlags, args: readonly string[]): Promise<number> {
  const settings = settingsFromCommandLine('agent', config, args)
  if (settings === null) return exitCodes.badSettings
  const log = createLogger({ service: 'logagent', level: settings.log.level })
  const main = async (signal: AbortSignal): Promise<void> => {
    // Here and not above: the other commands answer sooner where the whole agent is not loaded for them.
    const { runAgent } = await import('../run.ts')
    await runAgent(settings, log, signal)
  }
  return runUntilSignal(main, { log, deadlineMs: settings.shutdownMs })
}
