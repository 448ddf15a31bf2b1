import { Writable } from 'node:stream'
import type { CommandContext } from '../commands/context.ts'
import { logagent } from '../logagent.ts'

/** What a command printed, and its exit code. */
export interface RanHere {
  code: number
  stdout: string
  stderr: string
}

/** Keeps what is written to it. */
class Kept extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8')
    done()
  }
}

/** Runs `logagent ARGS…` in this process, with nobody to ask unless `ask` is given. Faults of settings still go to the real stderr. */
export async function runHere(args: readonly string[], ask: CommandContext['ask'] = null): Promise<RanHere> {
  const [stdout, stderr] = [new Kept(), new Kept()]
  const code = await logagent(args, {
    output: { stdout, stderr, isTerminal: ask !== null },
    ask,
    untilStopped: () => new AbortController().signal,
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}
