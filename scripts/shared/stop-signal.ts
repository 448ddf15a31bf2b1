import process from 'node:process'

// In a terminal Ctrl-C reaches us three times: from the terminal, from npm and from bootstrap.mjs, which both pass it on.
const sameKeyMs = 500

/**
 * A signal that aborts on the first SIGINT, SIGTERM or SIGHUP. Who presses Ctrl-C again after that wants out now: the process
 * exits, and what it started ends with it.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  let first = 0
  const onSignal = (name: NodeJS.Signals): void => {
    if (first === 0) {
      first = performance.now()
      controller.abort(new Error(`stopped by ${name}`))
    } else if (performance.now() - first > sameKeyMs) {
      process.exit(130)
    }
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return controller.signal
}
