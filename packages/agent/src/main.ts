import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { logagent } from './logagent.ts'

const { stdin, stdout, stderr } = process

// The reader has gone (`logagent files | head`): nothing is wanted any more.
stdout.on('error', () => process.exit())

/** Ctrl-C and Ctrl-D are an answer too: none. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: stdin, output: stdout })
  lines.once('SIGINT', () => lines.close())
  const closed = once(lines, 'close').then(() => '')
  try {
    return await Promise.race([lines.question(question).catch(() => ''), closed])
  } finally {
    lines.close()
  }
}

function untilStopped(): AbortSignal {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  return stop.signal
}

process.exitCode = await logagent(process.argv.slice(2), {
  output: { stdout, stderr, isTerminal: stdout.isTTY === true },
  ask: stdin.isTTY === true && stdout.isTTY === true ? ask : null,
  untilStopped,
})
