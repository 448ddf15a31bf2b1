import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'

/** Asks a person and resolves to what was typed; to '' where `signal` aborts or no answer is given. */
export type Ask = (question: string, signal?: AbortSignal) => Promise<string>

/** Asks on the terminal of this process, beside the results (stderr); undefined where nobody sits at one. */
export function terminalAsk({ stdin, stderr }: Pick<NodeJS.Process, 'stdin' | 'stderr'> = process): Ask | undefined {
  if (!stdin.isTTY || !stderr.isTTY) return undefined
  return async (question, signal) => {
    const lines = createInterface({ input: stdin, output: stderr })
    // Ctrl-C and Ctrl-D are an answer too: none. They close it, and may leave the question open.
    const closed = once(lines, 'close').then(() => '')
    try {
      const answered = signal === undefined ? lines.question(question) : lines.question(question, { signal })
      return await Promise.race([answered.catch(() => ''), closed])
    } finally {
      lines.close()
    }
  }
}
