import { logtransfer } from './logtransfer.ts'

const { stdout, stderr } = process

// The reader has gone (`logtransfer pipeline test FILE | head`): it has seen enough.
stdout.on('error', () => stdout.destroy())

process.exitCode = await logtransfer(process.argv.slice(2), { stdout, stderr, isTerminal: stdout.isTTY === true })
