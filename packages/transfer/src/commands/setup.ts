import { describeError, exitCodes } from '@logpipe/runtime'
import { escapeLines, type Output, print } from '@logpipe/runtime/terminal'
import { setUpKibana } from '../kibana/setup.ts'
import { listServers, sinkServers } from '../servers.ts'
import { commandSettings, type ConfigFlags } from './settings.ts'

/** How long it may take in all. */
const deadlineMs = 60_000

/**
 * `logtransfer setup`: prepares every server that the settings name, and tells what was done; one that fails keeps no other from being prepared. Resolves
 * to the exit code.
 */
export async function setup(flags: ConfigFlags, args: readonly string[], output: Output): Promise<number> {
  const settings = commandSettings(flags, args)
  if (settings === null) return exitCodes.badSettings
  const signal = AbortSignal.timeout(deadlineMs)
  let code: number = exitCodes.ok
  const attempt = async (work: () => Promise<string | null>): Promise<void> => {
    try {
      const done = await work()
      if (done !== null) await print(output, `${done}\n`)
    } catch (error) {
      output.stderr.write(`logtransfer: ${escapeLines(describeError(error))}\n`)
      code = exitCodes.failed
    }
  }
  for (const server of listServers(sinkServers(settings))) {
    await attempt(() => server.setup(signal))
    await server.close()
  }
  await attempt(() => setUpKibana(settings, signal))
  return code
}
