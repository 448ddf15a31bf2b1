// npm run check: types, lint and format. `npm run check -- --fix` mends what the tools can mend first.
import { runCommand } from './shared/command.ts'
import { runChecks, runStep } from './shared/step.ts'
import { stopSignal } from './shared/stop-signal.ts'

const signal = stopSignal()

await runCommand(async () => {
  if (process.argv.includes('--fix')) {
    await runStep('lint --fix', 'oxlint', ['--fix'], signal)
    await runStep('format --write', 'oxfmt', [], signal)
  }
  const failed = await runChecks(signal)
  return failed.length > 0 ? 1 : 0
}, signal)
