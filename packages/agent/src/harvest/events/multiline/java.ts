import { foreign, isIndentedText, outside, type TraceLanguage, type TraceState } from './trace.ts'

/** Behind the exception and its message: frames, blank lines of a message, or nothing may come. */
const thrown: TraceState = 1
const frames: TraceState = 2
/** Behind «nested exception is:», which stands before the exception's own line. */
const nested: TraceState = 3

/** An exception's name at the end of the line or before its message; or a full class name that begins the line. */
const exceptionLine =
  /(?:Exception|Error|Throwable)(?::|$)|^Exception in thread "|^(?:[a-z_]\w*\.){2,}[A-Z][\w$]*(?::|$)/
/** What a trace goes on with at any depth. `Wrapped by` is logback's, with the root cause first. */
const causeLine = /^[\t ]*(?:Caused by|Suppressed|Wrapped by): /
const nestedLine = /^[\t ]*nested exception is:\s*/
const moreLine = /^\.\.\. \d+ (?:more|common frames omitted)/
/** A frame without its beginning: the rest of a trace that was cut. */
const frameLine = /^[\t ]+(?:at |\.\.\. \d+ )/

/** Traces as the JVM prints them: Java, Kotlin, Scala and others, with causes, suppressed ones and nested exceptions. */
export const java: TraceLanguage = {
  keepsIndented: [false, false, true, false],

  begin(line) {
    if (causeLine.test(line)) return thrown
    if (frameLine.test(line)) return frames
    return exceptionLine.test(line) ? thrown : outside
  },

  follow(state, line) {
    if (causeLine.test(line)) return thrown
    const nestedAt = nestedLine.exec(line)
    if (nestedAt !== null) return nestedAt[0].length === line.length ? nested : thrown
    if (state === nested) return exceptionLine.test(line) ? thrown : foreign
    if (state === thrown && line === '') return thrown
    // A message may have lines of its own (PostgreSQL's «  Position: 8»); they are told from what follows by their indent.
    if (isIndentedText(line)) return frameLine.test(line) ? frames : state
    return moreLine.test(line) ? frames : foreign
  },
}
