import type { Writable } from 'node:stream'

/** Where a command prints. */
export interface Output {
  /** Results. */
  stdout: Writable
  /** Remarks and errors. */
  stderr: Writable
  /** Whether people read stdout on a terminal: then nothing from a log may reach it unescaped. */
  isTerminal: boolean
}

/** Writes to stdout and resolves when it is ready for more, so that a slow reader slows us and memory stays flat. */
export async function print(output: Output, text: string, signal?: AbortSignal): Promise<void> {
  if (output.stdout.write(text) || output.stdout.destroyed) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) output.stdout.off(event, done)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    for (const event of ['drain', 'close', 'error']) output.stdout.on(event, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** A remark for people beside the results; silent where a program reads. */
export function remark(output: Output, text: string): void {
  if (output.isTerminal) output.stderr.write(`${text}\n`)
}
