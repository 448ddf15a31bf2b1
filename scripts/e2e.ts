// npm run e2e [-- FILES]: the tests of the whole pipeline only, against real servers that it starts and ends.
import { runCommand } from './shared/command.ts'
import { runTests, summaryLine } from './shared/run-tests.ts'
import { stopSignal } from './shared/stop-signal.ts'
import { withTestStack } from './shared/test-stack.ts'

const signal = stopSignal()

await runCommand(async () => {
  const files = process.argv.slice(2)
  const patterns = files.length > 0 ? files : ['e2e/*.test.ts']
  const counts = await withTestStack({ prefixes: ['LOGPIPE_TEST'], signal }, (env) => runTests(patterns, env, signal))
  console.log(summaryLine(counts))
  return counts.failed > 0 ? 1 : 0
}, signal)
