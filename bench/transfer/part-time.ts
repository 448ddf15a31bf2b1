import process from 'node:process'

/** Long enough that switching costs nothing, short enough that nothing that is timed notices. */
const turnMs = 20

/**
 * Lets each process run for `part` of the time only, by turns, so that no two of them run at once where `part` × their number is at most
 * one: as if each had a slower processor of its own. For machines that have too few of them. Ends, and lets all run, with the function
 * that it returns.
 */
export function runPartTime(pids: readonly number[], part: number): () => void {
  const timers = new Set<NodeJS.Timeout>()
  const signalTo = (pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void => {
    try {
      process.kill(pid, signal)
    } catch {
      // It has ended: whoever waits for it sees that.
    }
  }
  const later = (ms: number, work: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, ms)
    timers.add(timer)
  }
  for (const [index, pid] of pids.entries()) {
    // By the clock, not by what a timer made of it: what is late in one turn is not taken from the next.
    let turn = performance.now() + (turnMs * index) / pids.length
    const run = (): void => {
      signalTo(pid, 'SIGCONT')
      later(turn + turnMs * part - performance.now(), () => {
        signalTo(pid, 'SIGSTOP')
        turn += turnMs
        later(turn - performance.now(), run)
      })
    }
    later(turn - performance.now(), run)
  }
  return () => {
    for (const timer of timers) clearTimeout(timer)
    for (const pid of pids) signalTo(pid, 'SIGCONT')
  }
}
