import { createLogger, exitCodes, runUntilSignal } from '@logpipe/runtime'
import { runTransfer } from '../run.ts'
import { commandSettings, type ConfigFlags } from './settings.ts'

/** `logtransfer run`: moves records until told to stop. Resolves to the exit code. */
export async function run(flags: ConfigFlags, args: readonly string[]): Promise<number> {
  const settings = commandSettings(flags, args)
  if (settings === null) return exitCodes.badSettings
  const log = createLogger({ service: 'logtransfer', level: settings.log.level })
  const main = (signal: AbortSignal): Promise<void> => runTransfer(settings, log, signal)
  return runUntilSignal(main, { log, deadlineMs: settings.shutdownMs })
}
