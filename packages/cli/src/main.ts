import { createInterface } from 'node:readline/promises'
import { fileURLToPath } from 'node:url'
import { logctl } from './logctl.ts'

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
process.once('SIGTERM', () => stop.abort())
// The reader has gone (`logctl tail | head`): nothing is wanted any more.
process.stdout.on('error', () => stop.abort())

process.exitCode = await logctl(process.argv.slice(2), {
  output: { stdout: process.stdout, stderr: process.stderr, isTerminal: process.stdout.isTTY === true },
  env: process.env,
  stackFile: fileURLToPath(new URL('../../../.local/stack.json', import.meta.url)),
  signal: stop.signal,
  readStdin,
  ...(process.stdin.isTTY && { ask }),
})

/** More than any value may hold: what is longer is refused by its size. */
async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > 2_097_152) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(question, { signal })
  } catch {
    return '' // Ctrl-C: no answer.
  } finally {
    terminal.close()
  }
}
