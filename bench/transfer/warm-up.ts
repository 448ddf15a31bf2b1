import { bareRound } from './bare-loop.ts'
import type { Lab } from './lab.ts'

const maxWarmUps = 6
/** Warm is a server that was not faster than that, compared with the round before. */
const warmFrom = 1.05

/**
 * Rounds of the bare loop until the server takes what it took the round before: one that has just started is half as fast, and gets there
 * over minutes. `between`: what else is to become warm, done before each round.
 */
export async function warmUp(lab: Lab, between: () => Promise<unknown>): Promise<void> {
  console.log('Rounds to warm the server up: one that has just started is half as fast.')
  let before = 0
  for (let round = 1; round <= maxWarmUps; round++) {
    await between()
    const { docsPerSec } = await bareRound(lab, true)
    console.log(`The bulk limit was ${Math.round(docsPerSec).toLocaleString('en')} documents/s.`)
    if (docsPerSec < before * warmFrom) return
    before = docsPerSec
  }
}
