import { type Clock, systemClock } from '@logpipe/runtime'

/** How long a node that failed is left alone: twice as long each time, up to the longest. */
const restMs = { first: 5_000, longest: 300_000 }

interface NodeState {
  /** Failures since the last answer. */
  failures: number
  /** `monotonic`; in the past where it is not resting. */
  restsUntil: number
}

/**
 * Which of several nodes the next request goes to: each in turn, but for those that failed. They rest; afterwards one request finds out
 * whether they are back, while the others go elsewhere. Where all of them rest, the one whose rest ends first is asked.
 */
export class NodeChoice {
  readonly #nodes: NodeState[]
  readonly #clock: Clock
  #last = -1

  constructor(count: number, clock: Clock = systemClock) {
    this.#nodes = Array.from({ length: count }, () => ({ failures: 0, restsUntil: 0 }))
    this.#clock = clock
  }

  /** The number of the node to ask. Tell `answered` or `failed` of it, unless the request was given up. */
  next(): number {
    const now = this.#clock.monotonic()
    const inTurn = this.#nodes.map((_, step) => (this.#last + 1 + step) % this.#nodes.length)
    const until = (node: number): number => this.#nodes[node]?.restsUntil ?? 0
    const awake = inTurn.find((node) => until(node) <= now)
    this.#last = awake ?? inTurn.reduce((first, node) => (until(node) < until(first) ? node : first))
    this.#rest(this.#last)
    return this.#last
  }

  answered(node: number): void {
    this.#nodes[node] = { failures: 0, restsUntil: 0 }
  }

  failed(node: number): void {
    const state = this.#nodes[node]
    if (state !== undefined) state.failures++
    this.#rest(node)
  }

  /** Nothing for a node that has not failed. */
  #rest(node: number): void {
    const state = this.#nodes[node]
    if (state === undefined || state.failures === 0) return
    const ms = Math.min(restMs.first * 2 ** (state.failures - 1), restMs.longest)
    state.restsUntil = this.#clock.monotonic() + ms
  }
}
