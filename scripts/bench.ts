// npm run bench -- NAME [--quick] [--json] …: starts a stack and runs bench/NAME.ts on it; flags are passed on.
// The addresses are in LOGPIPE_BENCH_KAFKA, LOGPIPE_BENCH_ETCD and LOGPIPE_BENCH_ELASTICSEARCH, and under LOGPIPE_TEST_ as in tests.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { join, parse } from 'node:path'
import { checkout } from '@logpipe/stack'
import { runCommand } from './shared/command.ts'
import { stopSignal } from './shared/stop-signal.ts'
import { withTestStack } from './shared/test-stack.ts'

const signal = stopSignal()

await runCommand(async () => {
  const [name, ...flags] = process.argv.slice(2)
  const names = globSync('bench/*.ts', { cwd: checkout }).map((file) => parse(file).name)
  const benches = names.filter((bench) => !bench.includes('.')).toSorted()
  if (name === undefined || !benches.includes(name)) {
    console.error(`Name one of the benches: ${benches.join(', ')}. For example: npm run bench -- ${benches[0]} --quick`)
    return 2
  }
  // What a broker gets on a small server: the bars in bench/ were set with it.
  const heap = { kafka: '1g', elasticsearch: '1g' }
  return await withTestStack({ prefixes: ['LOGPIPE_BENCH', 'LOGPIPE_TEST'], heap, signal }, async (env) => {
    const args = ['--conditions=logpipe-source', join(checkout, 'bench', `${name}.ts`), ...flags]
    const child = spawn(process.execPath, args, { cwd: checkout, stdio: 'inherit', env: { ...process.env, ...env } })
    const onStop = (): void => void child.kill('SIGTERM')
    signal.addEventListener('abort', onStop, { once: true })
    const [code] = (await once(child, 'exit')) as [number | null]
    return code ?? 1
  })
}, signal)
