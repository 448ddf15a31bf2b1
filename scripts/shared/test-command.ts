import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { checkout, existingStack } from '@logpipe/stack'

/** A command of scripts/ as people start it: through bootstrap.mjs. */
export interface RunningCommand {
  child: ChildProcess
  /** All it printed so far, both streams. */
  output(): string
  /** Resolves when the output matches; rejects when it ends before that. */
  printed(pattern: RegExp): Promise<void>
  ended: Promise<number | null>
}

/** Starts a command. It is killed at the end of the test where it still runs. */
export function startCommand(t: TestContext, args: string[], env: Record<string, string> = {}): RunningCommand {
  const child = spawn(process.execPath, [join(checkout, 'scripts/bootstrap.mjs'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const looks = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const look of looks) look()
    })
  }
  const ended = once(child, 'close').then(([code]: unknown[]) => (typeof code === 'number' ? code : null))
  t.after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const printed = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(output)) return
        looks.delete(look)
        resolve()
      }
      looks.add(look)
      look()
      void ended.then(() => reject(new Error(`It ended without printing ${pattern}:\n${output}`)))
    })
  return { child, output: () => output, printed, ended }
}

/** A folder for a stack; servers that a failed test left there are ended with it. */
export async function stackFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'logpipe-start-'))
  t.after(async () => {
    for (const { pid } of existingStack(dir)?.running ?? []) process.kill(pid, 'SIGKILL')
    await rm(dir, { recursive: true, force: true, maxRetries: 10 })
  })
  return dir
}
