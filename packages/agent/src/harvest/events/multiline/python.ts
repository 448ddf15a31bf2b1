import { foreign, outside, type TraceLanguage, type TraceState } from './trace.ts'

const frames: TraceState = 1
/** Behind the exception's own line: notes and messages of more lines are told by their indent. */
const raised: TraceState = 2
/** Behind a blank line after it: a chained trace may come. */
const blank: TraceState = 3
/** Behind the sentence that ties two traces together, and what a thread says before its trace. */
const announced: TraceState = 4
/** Inside of an exception group: all of it is indented. */
const group: TraceState = 5

const header = 'Traceback (most recent call last):'
const groupHeader = /^\s+\+ Exception Group Traceback \(most recent call last\):$/
const announcement = /^Exception in thread .*:$|^Exception ignored in: /
const chain =
  /^(?:During handling of the above exception, another exception occurred|The above exception was the direct cause of the following exception):$/
const exceptionLine = /^[A-Za-z_][\w.<>]*(?::|\s*$)/

/** Python's tracebacks, chained ones and exception groups. */
export const python: TraceLanguage = {
  keepsIndented: [false, true, true, false, false, true],

  begin(line) {
    // At the end of the line: people also log what `format_exc` gave, behind a time and a level.
    if (line.endsWith(header)) return groupHeader.test(line) ? group : frames
    return announcement.test(line) ? announced : outside
  },

  follow(state, line) {
    if (state === frames) return exceptionLine.test(line) && !line.endsWith(header) ? raised : foreign
    if (state === announced) {
      if (groupHeader.test(line)) return group
      if (line === header) return frames
      return line === '' ? announced : foreign
    }
    if (chain.test(line)) return announced
    if (line === '') return blank
    return foreign
  },
}
