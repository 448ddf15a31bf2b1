import { fileURLToPath } from 'node:url'
import { terminalAsk, untilStopped } from '@logpipe/runtime/terminal'
import { logctl } from './logctl.ts'

const { stdout, stderr } = process
// The reader has gone (`logctl tail | head`): nothing is wanted any more.
const readerGone = new AbortController()
stdout.on('error', () => readerGone.abort())

const ask = terminalAsk()

process.exitCode = await logctl(process.argv.slice(2), {
  output: { stdout, stderr, isTerminal: stdout.isTTY === true },
  env: process.env,
  stackFile: fileURLToPath(new URL('../../../.local/stack.json', import.meta.url)),
  signal: AbortSignal.any([untilStopped(), readerGone.signal]),
  readStdin,
  ...(ask && { ask }),
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
