import { count, type Output, print } from '@logpipe/runtime/terminal'
import { DeadLetters } from '../../dead-letters/dead-letters.ts'
import { formatAddress } from '../../dead-letters/letter.ts'
import { type Failure, obstacle, Replayer } from '../../dead-letters/replayer.ts'
import { parseSelection, select, type SelectionFlags } from '../../dead-letters/selection.ts'
import { jsonLine } from '../../output/json.ts'
import { type CliSettings, need } from '../../settings.ts'
import { printSelected } from './dry-run.ts'

export interface ReplayFlags extends SelectionFlags {
  dryRun?: boolean
  json?: boolean
}

/** Failures told one by one; the others are counted. */
const failuresTold = 20

/** `logctl dlq replay`: sends letters back into their topics. Resolves to whether all that were selected went. */
export async function replay(
  addresses: readonly string[],
  flags: ReplayFlags,
  settings: CliSettings,
  output: Output,
  signal: AbortSignal,
): Promise<boolean> {
  const { dryRun, json, ...selectionFlags } = flags
  const selection = parseSelection(addresses, selectionFlags, settings.deadLetters.suffix)
  const letters = await DeadLetters.open(need(settings, 'kafka'), settings.deadLetters, signal)
  try {
    const failures = new Failures(output)
    if (dryRun === true) {
      await printSelected(letters, selection, { output, isJson: json === true, signal }, (letter) => {
        const reason = obstacle(letter)
        if (reason !== null) failures.add({ letter, reason })
      })
      return failures.end()
    }
    const replayer = new Replayer(letters, (failure) => failures.add(failure))
    for await (const letter of select(letters, selection, signal)) await replayer.add(letter, signal)
    await replayer.flush(signal)
    const total = [...replayer.replayed.values()].reduce((sum, n) => sum + n, 0)
    const summary = [...replayer.replayed].map(([topic, n]) => `${count(n)} into ${topic}`).join(', ')
    const sentence = total === 0 ? 'No letter was replayed.\n' : `Replayed: ${summary}.\n`
    await print(output, json === true ? jsonLine({ replayed: total, failed: failures.count }) : sentence, signal)
    return failures.end()
  } finally {
    await letters.close()
  }
}

/** Tells of letters that cannot be replayed, each in a sentence. */
class Failures {
  count = 0
  readonly #output: Output

  constructor(output: Output) {
    this.#output = output
  }

  add({ letter, reason }: Failure): void {
    this.count++
    if (this.count > failuresTold) return
    this.#output.stderr.write(`logctl: ${formatAddress(letter.address)} cannot be replayed. ${reason}\n`)
  }

  /** Whether there was none. */
  end(): boolean {
    const more = this.count - failuresTold
    if (more > 0) this.#output.stderr.write(`logctl: ${count(more)} more cannot be replayed.\n`)
    return this.count === 0
  }
}
