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
})
