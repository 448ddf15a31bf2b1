import { isOtherLane, type Route } from '../deliver/delivery.ts'

/** Lines up to an offset, from the end of the stretch before it on, that went by one route. */
interface Stretch {
  readonly route: Route
  readonly end: number
}

/**
 * The routes that lines of one source have left, in the order of the lines, as long as some of them may be under way there. Owned by the source; most
 * sources have none, since plans seldom change.
 *
 *   ├─ acknowledged ─┤├─ t, gzip ─┤├─ u ─┤   by the route of now ─▶
 */
export class RouteHistory {
  readonly #isDone: (start: number, end: number) => boolean
  #stretches: Stretch[] = []

  /** `isDone`: whether all lines of `[start, end)` are acknowledged. */
  constructor(isDone: (start: number, end: number) => boolean) {
    this.#isDone = isDone
  }

  /** From `end` on lines do not go by this route any more. */
  left(route: Route, end: number): void {
    if (this.#stretches.at(-1)?.end !== end) this.#stretches.push({ route, end })
  }

  /** Whether lines that go by this route now could overtake some that were read before them, in the same topic. */
  isOvertaking(route: Route): boolean {
    if (this.#stretches.length === 0) return false
    this.#forget()
    return this.#stretches.some((stretch) => isOtherLane(stretch.route, route))
  }

  /** Where it is all acknowledged, a stretch is part of the next one: that is not done any sooner or later for it. */
  #forget(): void {
    let start = 0
    this.#stretches = this.#stretches.filter(({ end }) => {
      const isDone = this.#isDone(start, end)
      if (!isDone) start = end
      return !isDone
    })
  }
}
