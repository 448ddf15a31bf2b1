import { describeError, exitCodes } from '@logpipe/runtime'
import { escapeLines, type Output, print } from '@logpipe/runtime/terminal'
import { setUpKibana } from '../kibana/setup.ts'
import { listServers, sinkServers } from '../servers.ts'
import { commandSettings, type ConfigFlags } from './settings.ts'

/** How long each server may take, so that one which hangs keeps no other from being prepared. */
const deadlineMs = 60_000

/**
 * `logtransfer setup`: prepares every server that the settings name, and tells what was done; one that fails keeps no other from being prepared. Resolves
 * to the exit code.
 */
export async function setup(
  flags: ConfigFlags,
  args: readonly string[],
  output: Output,
  limitMs = deadlineMs,
): Promise<number> {
  const settings = commandSettings(flags, args)
  if (settings === null) return exitCodes.badSettings
  let code: number = exitCodes.ok
  const attempt = async (name: string, work: (signal: AbortSignal) => Promise<string | null>): Promise<void> => {
    const signal = AbortSignal.timeout(limitMs)
    try {
      const done = await work(signal)
      if (done !== null) await print(output, `${done}\n`)
    } catch (error) {
      const why = signal.aborted ? `${name} was not done with it within ${limitMs / 1_000} s` : describeError(error)
      output.stderr.write(`logtransfer: ${escapeLines(why)}\n`)
      code = exitCodes.failed
    }
  }
  for (const server of listServers(sinkServers(settings))) {
    await attempt(server.name, (signal) => server.setup(signal))
    await server.close()
  }
  await attempt('Kibana', (signal) => setUpKibana(settings, signal))
  return code
}
