// npm test [-- FILES, FOLDERS, GLOBS]: checks, then every test of the workspace, against real servers that it starts and ends.
// Where LOGPIPE_TEST_KAFKA, LOGPIPE_TEST_ETCD and LOGPIPE_TEST_ELASTICSEARCH are all set, those servers are used instead.
import { runCommand } from './shared/command.ts'
import { runTests, summaryLine } from './shared/run-tests.ts'
import { runChecks } from './shared/step.ts'
import { stopSignal } from './shared/stop-signal.ts'
import { withTestStack } from './shared/test-stack.ts'

const everything = [
  'packages/*/src/**/*.test.ts',
  'deploy/*/src/**/*.test.ts',
  'scripts/**/*.test.ts',
  'bench/**/*.test.ts',
  'e2e/**/*.test.ts',
]
const signal = stopSignal()

await runCommand(async () => {
  const files = process.argv.slice(2)
  const failedChecks = files.length > 0 ? [] : await runChecks(signal)
  const patterns = files.length > 0 ? files : everything
  const counts = await withTestStack({ prefixes: ['LOGPIPE_TEST'], signal }, (env) =>
    runTests({ patterns, env, signal }),
  )
  if (failedChecks.length > 0) console.log(`These checks failed: ${failedChecks.join(', ')}. See above.`)
  console.log(summaryLine({ passed: counts.passed, failed: counts.failed + failedChecks.length }))
  return counts.failed + failedChecks.length > 0 ? 1 : 0
}, signal)
