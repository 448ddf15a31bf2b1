// npm run build: JavaScript and type declarations of every package, into its dist/ folder. Needed for images only: nothing else
// reads dist/. It starts from nothing, because tsc leaves the output of files that were deleted.
import { globSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkout } from '@logpipe/stack'
import { runCommand } from './shared/command.ts'
import { runStep } from './shared/step.ts'
import { stopSignal } from './shared/stop-signal.ts'

const signal = stopSignal()

await runCommand(async () => {
  for (const folder of globSync(['packages/*/dist', 'deploy/*/dist'], { cwd: checkout })) {
    await rm(join(checkout, folder), { recursive: true, force: true })
  }
  return (await runStep('build', 'tsc', ['-b'], signal)) ? 0 : 1
}, signal)
