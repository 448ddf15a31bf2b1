// npm start: the whole pipeline on this machine. With Docker where an engine answers, else with the local stack.
import { firstLines, searchable, showArrivals } from './start/arrivals.ts'
import { dockerAnswers, startDocker } from './start/docker.ts'
import { startLocal } from './start/local.ts'
import { readStartOptions, startHelp } from './start/options.ts'
import { type Pipeline, describePipeline } from './start/pipeline.ts'
import { runCommand } from './shared/command.ts'
import { stopSignal } from './shared/stop-signal.ts'

const firstLinesMs = 120_000
const signal = stopSignal()

await runCommand(async () => {
  const options = readStartOptions(process.argv.slice(2), process.env)
  if (options.help) {
    console.log(startHelp)
    return 0
  }
  const pipeline = options.docker && dockerAnswers() ? await startDocker(signal) : await startLocal(options, signal)
  try {
    console.log(describePipeline(pipeline))
    await watch(pipeline, options.once)
  } finally {
    console.error('Stopping')
    await pipeline.stop()
    console.error('Stopped')
  }
  return 0
}, signal)

/** Resolves when the user or `--once` ends the run; rejects when a part of the pipeline ends by itself. */
async function watch({ addresses, broken }: Pipeline, once: boolean): Promise<void> {
  const [node] = addresses.elasticsearch.nodes
  if (node === undefined) return
  const stopped = new AbortController()
  const untilStopped = AbortSignal.any([signal, stopped.signal])
  const failure = broken.then((error) => {
    throw error
  })
  try {
    const first = firstLines(
      node,
      AbortSignal.any([untilStopped, ...(once ? [AbortSignal.timeout(firstLinesMs)] : [])]),
    )
    const count = await Promise.race([first, failure])
    console.log(`It works: ${searchable(count)}.`)
    if (!once) await Promise.race([showArrivals(node, untilStopped), failure])
  } catch (error) {
    // Ctrl-C is how a run ends.
    if (!signal.aborted) throw error
  } finally {
    stopped.abort()
  }
}
