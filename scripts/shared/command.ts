import { describeError, isLogpipeError } from '@logpipe/runtime'

/** Runs a command's main and sets the exit code. What fails for a known reason is one sentence, without a stack trace. */
export async function runCommand(main: () => Promise<number>, signal: AbortSignal): Promise<void> {
  try {
    process.exitCode = await main()
  } catch (error) {
    if (signal.aborted) {
      console.error('Stopped.')
      process.exitCode = 130
    } else {
      console.error(isLogpipeError(error) || isUsage(error) ? describeError(error) : error)
      process.exitCode = 1
    }
  }
}

/** What node:util's parseArgs throws. */
function isUsage(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
