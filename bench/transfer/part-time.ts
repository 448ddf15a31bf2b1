import process from 'node:process'
import { cpuSeconds } from '../lib/cpu.ts'

/** Long enough that switching costs nothing, short enough that nothing that is timed notices. */
const turnMs = 40
/** Each has one of them in a turn to itself, also where there are fewer processes: two that ran at once would take each other's caches. */
const slots = 2
/** What a process could not use in its turns it is owed, up to so many of them: it may have waited for others. */
const owedTurns = 5

/**
 * Gives each process `part` of a processor's time, as the system counts it, by turns: as if each had a slower processor of its own, whatever else runs on the
 * machine. For machines that have too few of them. Ends, and lets all run, with the function that it returns.
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
    let turn = performance.now() + (turnMs * index) / slots
    let used = cpuMs(pid)
    let owed = 0
    const run = (): void => {
      const now = cpuMs(pid)
      owed = Math.min(owed + turnMs * part - (now - used), owedTurns * turnMs * part)
      used = now
      turn += turnMs
      if (owed > 0) signalTo(pid, 'SIGCONT')
      const slotEnds = turn - turnMs + turnMs / slots
      later(Math.max(0, Math.min(owed, slotEnds - performance.now())), () => {
        signalTo(pid, 'SIGSTOP')
        later(Math.max(0, turn - performance.now()), run)
      })
    }
    later(Math.max(0, turn - performance.now()), run)
  }
  return () => {
    for (const timer of timers) clearTimeout(timer)
    for (const pid of pids) signalTo(pid, 'SIGCONT')
  }
}

/** 0 where it has ended. */
function cpuMs(pid: number): number {
  try {
    return cpuSeconds(pid) * 1_000
  } catch {
    return 0
  }
}
