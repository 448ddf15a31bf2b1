import { terminalAsk, untilStopped } from '@logpipe/runtime/terminal'
import { logagent } from './logagent.ts'

const { stdout, stderr } = process

// The reader has gone (`logagent files | head`): nothing is wanted any more.
stdout.on('error', () => process.exit())

process.exitCode = await logagent(process.argv.slice(2), {
  output: { stdout, stderr, isTerminal: stdout.isTTY === true },
  ask: terminalAsk(),
  untilStopped,
})
