import { Writable } from 'node:stream'
import type { Output } from './output.ts'

/** Keeps what is written to it, all of it. */
export class KeptText extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8')
    done()
  }
}

/** An output that keeps what is printed: for tests, and for what shows it elsewhere. */
export function keptOutput(isTerminal = false): { output: Output; stdout: KeptText; stderr: KeptText } {
  const [stdout, stderr] = [new KeptText(), new KeptText()]
  return { output: { stdout, stderr, isTerminal }, stdout, stderr }
}
