import { finished, foreign, isIndentedText, outside, type TraceLanguage, type TraceState } from './trace.ts'

/** Behind the place that an uncaught error names first: its line of source comes. */
const source: TraceState = 1
/** Behind the source: carets under it. */
const caret: TraceState = 2
/** Behind the carets: a blank line or none, then what was thrown. */
const uncaught: TraceState = 3
/** Behind the error and the first line of its message. */
const thrown: TraceState = 4
/** Behind a blank line of the message. */
const message: TraceState = 5
const frames: TraceState = 6
/** Inside of the braces with the error's properties: `{` ended a line. */
const properties: TraceState = 7
/** Behind the braces, or a blank line after the frames. */
const tail: TraceState = 8

const errorLine = /(?:Error|Exception)(?: \[\w+\])?(?::|$)/
/** `/app/index.js:12`, `file:///app/index.js:12`, `node:internal/process:394`, `C:\app\index.js:12`, alone on its line. */
const placeLine = /^(?:\/|file:\/\/|node:|[A-Z]:\\)\S*:\d+$/
const caretLine = /^\s*\^+\s*$/
const frameLine = /^\s+at /
/** Lines of a message that Node itself writes: the modules that wanted a missing one, the two sides of an assertion. */
const messageLine = /^(?:Require stack:$|[-+] )/
const comparison = /^\S.* [!=]==? /
const versionLine = /^Node\.js v\d/
const hintLine = /^\(Use `node --trace-/

function inTrace(state: TraceState, line: string): TraceState {
  if (line.endsWith('{')) return properties
  return frameLine.test(line) ? frames : state
}

function followMessage(state: TraceState, line: string): TraceState {
  if (line === '') return message
  if (isIndentedText(line)) return frameLine.test(line) ? inTrace(frames, line) : state
  const isMessage = messageLine.test(line) || hintLine.test(line) || (state === message && comparison.test(line))
  return isMessage ? state : followTail(line)
}

function followTail(line: string): TraceState {
  if (versionLine.test(line)) return finished
  return line === '' ? tail : foreign
}

/** Errors as Node prints them: with frames, properties, causes, and the source that an uncaught one begins with. */
export const node: TraceLanguage = {
  keepsIndented: [false, false, false, false, false, false, false, true, false],

  begin(line) {
    if (placeLine.test(line)) return source
    if (frameLine.test(line)) return inTrace(frames, line)
    return errorLine.test(line) ? inTrace(thrown, line) : outside
  },

  follow(state, line) {
    switch (state) {
      case source:
        return line === '' ? foreign : caret
      case caret:
        return caretLine.test(line) ? uncaught : foreign
      case uncaught:
        return line === '' ? uncaught : inTrace(thrown, line)
      case thrown:
      case message:
        return followMessage(state, line)
      case frames:
        return isIndentedText(line) ? inTrace(frames, line) : followTail(line)
      case properties:
        if (line === '}') return tail
        return line === '' ? properties : foreign
      default:
        return followTail(line)
    }
  },
}
