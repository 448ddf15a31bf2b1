import { LogpipeError } from '@logpipe/runtime'
import { type Output, print } from '@logpipe/runtime/terminal'
import { DeadLetters } from '../../dead-letters/dead-letters.ts'
import { formatAddress, parseAddress } from '../../dead-letters/letter.ts'
import { wholeObject, wholeText } from '../../dead-letters/show.ts'
import { jsonLine } from '../../output/json.ts'
import { type CliSettings, need } from '../../settings.ts'

export interface ShowFlags {
  json?: boolean
  raw?: boolean
}

/** `logctl dlq show`: prints one letter with all that it holds, or its value alone, byte for byte. */
export async function show(
  text: string,
  flags: ShowFlags,
  settings: CliSettings,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const address = parseAddress(text, settings.deadLetters.suffix)
  if (flags.raw === true && output.isTerminal) {
    throw new LogpipeError('settings_invalid', '--raw prints the bytes as they are: send them to a file or a pipe.')
  }
  const letters = await DeadLetters.open(need(settings, 'kafka'), settings.deadLetters, signal)
  try {
    const letter = await letters.get(address, signal)
    const mark = letters.marks.of(letter)
    if (flags.raw === true) {
      if (letter.truncatedBytes !== null) {
        const message = `The value of ${formatAddress(address)} was not kept: it has ${letter.truncatedBytes} bytes.`
        throw new LogpipeError('kafka_record_too_large', message)
      }
      output.stdout.write(letter.value ?? Buffer.alloc(0))
    } else
      await print(output, flags.json === true ? jsonLine(wholeObject(letter, mark)) : wholeText(letter, mark), signal)
  } finally {
    await letters.close()
  }
}
