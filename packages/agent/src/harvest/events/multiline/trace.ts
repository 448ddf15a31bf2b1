import type { LineGrouper, LineRole } from '../stages.ts'

/** Number of a state of a trace machine; 0 is `outside`, the others are the language's own. */
export type TraceState = number
/** No trace is under way. */
export const outside: TraceState = 0
/** What `follow` answers for a line that is not part of the trace. */
export const foreign: TraceState = -1
/** What `follow` answers for the trace's last line. */
export const finished: TraceState = -2

/**
 * How one language writes its stack traces. A line that begins one is judged by itself, so that a trace is found the same way
 * wherever reading goes on.
 */
export interface TraceLanguage {
  /** The state after a line outside of traces: `outside` where it begins none. `line` has a char a byte (Latin-1). */
  begin(line: string): TraceState
  /** The state after a line that comes in `state`; `foreign` where it does not belong to the trace. */
  follow(state: TraceState, line: string): TraceState
  /** State in which lines that begin with a blank or a tab change nothing, by state: they need no look. */
  readonly keepsIndented: readonly boolean[]
}

/**
 * Groups the lines of stack traces; every other line is alone. What begins with a line that only looks like a trace's first one
 * ends with it: the next line tells.
 */
export class TraceGrouper implements LineGrouper {
  readonly #language: TraceLanguage
  #state = outside

  constructor(language: TraceLanguage) {
    this.#language = language
  }

  reset(): void {
    this.#state = outside
  }

  take(bytes: Buffer, start: number, end: number): LineRole {
    const language = this.#language
    if (this.#state !== outside && language.keepsIndented[this.#state] === true && isIndented(bytes, start, end)) {
      return 'joins'
    }
    const line = bytes.toString('latin1', start, end)
    if (this.#state !== outside) {
      const next = language.follow(this.#state, line)
      if (next === finished) {
        this.#state = outside
        return 'ends'
      }
      if (next !== foreign) {
        this.#state = next
        return 'joins'
      }
    }
    this.#state = language.begin(line)
    return this.#state === outside ? 'alone' : 'begins'
  }
}

/** Whether the line begins with a blank or a tab. */
export function isIndented(bytes: Buffer, start: number, end: number): boolean {
  const first = start < end ? bytes[start] : 0
  return first === 32 || first === 9
}

/** Whether the line begins with a blank or a tab. */
export function isIndentedText(line: string): boolean {
  const first = line.charCodeAt(0)
  return first === 32 || first === 9
}
