import { describeError, isLogpipeError, type Logger, sleep } from '@logpipe/runtime'

/** How often a server that is away is asked again, and said to be away. */
const waitMs = 3_000

/** The server behind a sink, as start and `setup` see it. */
export interface SinkServer {
  /** For people: `Elasticsearch`. */
  readonly name: string
  /** Resolves once it answers. Rejects as a request does. */
  ping(signal: AbortSignal): Promise<void>
  /** Sees to what our documents need there, and resolves with a sentence that says what was done. Safe to repeat. */
  setup(signal: AbortSignal): Promise<string>
  close(): Promise<void>
}

/** Resolves once the server answers and, where `isSetUp` asks for it, is set up. Rejects with what waiting cannot mend. */
export async function awaitServer(
  server: SinkServer,
  isSetUp: boolean,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await server.ping(signal)
      if (isSetUp) log.info(await server.setup(signal))
      return
    } catch (error) {
      if (signal.aborted || !isLogpipeError(error) || !error.retriable) throw error
      log.warn(`Waiting for ${server.name}`, { reason: describeError(error) })
    }
    await sleep(waitMs, signal)
  }
}
