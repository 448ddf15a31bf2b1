import type { DeadLetter, DeadLetterSink } from './dead-letter.ts'

/** In-memory twin of the dead-letter topic. */
export class MemoryDeadLetters implements DeadLetterSink {
  readonly letters: DeadLetter[] = []
  /** An error it returns is thrown instead of storing the letters. */
  fail: () => Error | null = () => null

  async write(letters: readonly DeadLetter[]): Promise<void> {
    const error = this.fail()
    if (error !== null) throw error
    this.letters.push(...letters)
  }

  async close(): Promise<void> {}
}
