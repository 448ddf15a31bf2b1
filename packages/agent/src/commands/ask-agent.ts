import type { FilesReport } from '@logpipe/config'
import { describeError } from '@logpipe/runtime'

/** How long an agent may take to answer; 100,000 files take a second. */
const answerMs = 10_000

/** What an agent says of its files, or why none says anything, in a sentence. */
export type FilesAnswer = { report: FilesReport } | { silence: string }

/** Asks the agent that was told to listen on `listen` (`http.listen` of its settings). Never rejects. */
export async function askForFiles(listen: string): Promise<FilesAnswer> {
  if (listen.endsWith(':0')) {
    return {
      silence:
        "The agent listens on whatever port was free: name it by --http.listen host:port (its log tells, 'Listening').",
    }
  }
  const address = reachable(listen)
  try {
    const response = await fetch(`http://${address}/files`, { signal: AbortSignal.timeout(answerMs) })
    const body: unknown = await response.json()
    if (response.ok && isFilesReport(body)) return { report: body }
  } catch (error) {
    if (!(error instanceof SyntaxError)) return { silence: noAnswer(address, error) }
  }
  return { silence: `What answers at ${address} is no logagent; compare http.listen with that of the agent.` }
}

/** An address that stands for all of this host's is asked by loopback. */
function reachable(listen: string): string {
  return listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[(::|0(:0){7})\]:/, '[::1]:')
}

function noAnswer(address: string, error: unknown): string {
  const late = error instanceof DOMException && error.name === 'TimeoutError'
  if (late) return `The agent at ${address} did not answer within ${answerMs / 1_000} s.`
  return `No agent answers at ${address} (${describeError(error instanceof TypeError ? error.cause : error)}). Is it running, and is this its http.listen?`
}

/** Rough on purpose: an agent that is a version older or newer may well say more or less of each file. */
function isFilesReport(body: unknown): body is FilesReport {
  if (typeof body !== 'object' || body === null || !('files' in body) || !Array.isArray(body.files)) return false
  return body.files.every(
    (file: unknown) => typeof file === 'object' && file !== null && 'path' in file && typeof file.path === 'string',
  )
}
