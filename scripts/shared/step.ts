import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { checkout } from '@logpipe/stack'

/** Runs a program of the workspace with our terminal, says how long it took, and resolves to whether it ended well. */
export async function runStep(title: string, command: string, args: string[], signal: AbortSignal): Promise<boolean> {
  const started = performance.now()
  const child = spawn(command, args, { cwd: checkout, stdio: ['ignore', 2, 2], signal })
  const [code] = (await once(child, 'exit')) as [number | null]
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.error(`${code === 0 ? 'ok    ' : 'FAILED'} ${title} (${seconds} s)`)
  return code === 0
}

export interface Check {
  title: string
  command: string
  args: string[]
}

/** What must hold before a test is worth running; each is a tool that pnpm put on PATH. */
export const checks: Check[] = [
  { title: 'types', command: 'tsc', args: ['-b'] },
  { title: 'lint', command: 'oxlint', args: [] },
  { title: 'format', command: 'oxfmt', args: ['--check'] },
]

/** Runs all checks one after the other and resolves to the titles of those that failed. */
export async function runChecks(signal: AbortSignal): Promise<string[]> {
  const failed: string[] = []
  for (const { title, command, args } of checks) {
    if (!(await runStep(title, command, args, signal))) failed.push(title)
  }
  return failed
}
