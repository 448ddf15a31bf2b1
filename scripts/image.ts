// node scripts/bootstrap.mjs image PROGRAM FOLDER, as the Dockerfiles do: a package, built, with what it needs to run and nothing else, in FOLDER.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { localFolder } from '@logpipe/stack'
import { runCommand } from './shared/command.ts'
import { runStep } from './shared/step.ts'
import { stopSignal } from './shared/stop-signal.ts'

const programs = ['agent', 'transfer', 'cli']
const signal = stopSignal()

await runCommand(async () => {
  const [program = '', folder] = process.argv.slice(2)
  if (!programs.includes(program) || folder === undefined) {
    console.error(`Usage: node scripts/bootstrap.mjs image ${programs.join('|')} FOLDER`)
    return 2
  }
  const pnpm = join(localFolder, 'toolchain/node_modules/pnpm/bin/pnpm.mjs')
  const deploy = [pnpm, '--filter', `@logpipe/${program}`, 'deploy', '--prod', resolve(folder)]
  if (!(await runStep('build', 'tsc', ['-b'], signal))) return 1
  if (!(await runStep(`deploy to ${folder}`, process.execPath, deploy, signal))) return 1
  const main = join(resolve(folder), 'dist/main.js')
  if (existsSync(main)) return 0
  console.error(`${main} is not there: does packages/${program} have a src/main.ts?`)
  return 1
}, signal)
