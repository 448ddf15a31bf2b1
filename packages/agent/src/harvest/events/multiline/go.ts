import { finished, foreign, isIndentedText, outside, type TraceLanguage, type TraceState } from './trace.ts'

/** Behind the panic's own line: what the runtime has to say before the stacks. */
const head: TraceState = 1
/** A function is expected, or the end of the stack. */
const frame: TraceState = 2
/** Behind a function: the file it stands in. */
const place: TraceState = 3
/** Behind a blank line: another stack may come. */
const gap: TraceState = 4

const panicLine = /\bpanic: |^(?:fatal error|runtime|SIG[A-Z]+): |\bhttp: panic serving /
const stackLine = /^goroutine \d+ .*\]:$|^runtime stack:$/
/** What stands between the panic and its stacks. */
const detailLine = /^(?:\[signal |\[originating from |panic: |fatal error: |runtime: |PC=)/
const functionLine = /^(?:[^\s:()]+\(.*\)(?: in goroutine \d+)?$|created by )/
const elidedLine = /^\.\.\..*frames elided/
/** Registers, printed behind the stacks of a signal: `rax    0x0`. */
const registerLine = /^[a-z]{1,6}\d{0,2} +0x[0-9a-f]+$/

function afterStackLine(line: string): TraceState {
  if (stackLine.test(line)) return frame
  if (registerLine.test(line)) return gap
  return /^exit status \d+$/.test(line) ? finished : foreign
}

/** Go's panics and fatal errors, with the stacks of all goroutines. */
export const go: TraceLanguage = {
  keepsIndented: [false, true, false, false, false],

  begin(line) {
    if (stackLine.test(line)) return frame
    return panicLine.test(line) ? head : outside
  },

  follow(state, line) {
    if (line === '') return state === head ? head : gap
    if (state === head) return detailLine.test(line) ? head : afterStackLine(line)
    if (state === place) return isIndentedText(line) ? frame : foreign
    if (state === frame) {
      if (functionLine.test(line)) return place
      // «goroutine running on other thread; stack unavailable»
      if (isIndentedText(line) || elidedLine.test(line)) return frame
    }
    return afterStackLine(line)
  },
}
