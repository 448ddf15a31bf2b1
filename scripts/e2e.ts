// npm run e2e [-- --long] [-- FILES]: the tests of the whole pipeline only, against real servers that it starts and ends. --long: with
// the long figures of e2e/faults/figures.ts, and 50,000 sequences of the tailer's model test; takes hours. Ends with a table.
import { parseArgs } from 'node:util'
import { runCommand } from './shared/command.ts'
import { resultTable } from './shared/result-table.ts'
import { runTests, summaryLine } from './shared/run-tests.ts'
import { stopSignal } from './shared/stop-signal.ts'
import { withTestStack } from './shared/test-stack.ts'

const signal = stopSignal()
const modelTest = 'packages/agent/src/tailer.model.test.ts'
/** Of each of the six variants of the model test; in parts, two of which run at a time: 4 × 6 × 2,100. */
const model = { parts: 4, runs: 2_100 }
const longFileMs = 3 * 3_600_000

await runCommand(async () => {
  const { values, positionals: files } = parseArgs({ options: { long: { type: 'boolean' } }, allowPositionals: true })
  const isLong = values.long === true
  const patterns = files.length > 0 ? files : ['e2e/**/*.test.ts']
  const runs = await withTestStack({ prefixes: ['LOGPIPE_TEST'], signal }, async (env) => {
    if (!isLong) return [await runTests({ patterns, env, signal })]
    const long = { ...env, LOGPIPE_LONG: '1', LOGPIPE_MODEL_RUNS: String(model.runs) }
    const first = await runTests({ patterns, env: long, signal, fileMs: longFileMs })
    if (files.length > 0) return [first]
    const inParts = { patterns: [modelTest], env: long, signal, times: model.parts, fileMs: longFileMs }
    return [first, await runTests(inParts)]
  })
  const sum = (count: 'passed' | 'failed'): number => runs.reduce((total, run) => total + run[count], 0)
  const counts = { passed: sum('passed'), failed: sum('failed') }
  console.log(resultTable(runs.flatMap(({ results }) => results)))
  console.log(summaryLine(counts))
  return counts.failed > 0 ? 1 : 0
}, signal)
