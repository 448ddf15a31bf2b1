import { keptOutput } from '@logpipe/runtime/terminal'
import type { CommandContext } from '../commands/context.ts'
import { logagent } from '../logagent.ts'

/** What a command printed, and its exit code. */
export interface RanHere {
  code: number
  stdout: string
  stderr: string
}

/** Runs `logagent ARGS…` in this process, with nobody to ask unless `ask` is given. Faults of settings still go to the real stderr. */
export async function runHere(args: readonly string[], ask?: CommandContext['ask']): Promise<RanHere> {
  const { output, stdout, stderr } = keptOutput(ask !== undefined)
  const code = await logagent(args, {
    output,
    ask,
    untilStopped: () => new AbortController().signal,
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}
