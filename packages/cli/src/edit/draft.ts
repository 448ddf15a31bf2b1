import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A text while a person edits it: a file that nobody else can read, below lines of ours that begin with `#`. */
export class Draft {
  readonly file: string
  readonly #folder: string
  #first: string | null = null

  constructor(name: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'logctl-'))
    this.file = join(this.#folder, name)
  }

  /** Puts the text into the file, and `remarks` above it. */
  write(text: string, remarks: readonly string[]): void {
    const lines = remarks.flatMap((remark) => remark.split('\n')).map((line) => `# ${line}`.trimEnd())
    this.#first ??= text
    writeFileSync(this.file, `${lines.join('\n')}\n${text}`, { mode: 0o600 })
  }

  /** What stands there now; the remarks are empty lines, so that all lines have their numbers in the file. */
  read(): string {
    const lines = readFileSync(this.file, 'utf8').split('\n')
    const first = lines.findIndex((line) => !line.startsWith('#'))
    return lines.map((line, index) => (first < 0 || index < first ? '' : line)).join('\n')
  }

  /** Whether there is something in it that would be lost: other text than was put there first. */
  get isChanged(): boolean {
    if (this.#first === null || !existsSync(this.file)) return false
    const text = this.read().trim()
    return text !== '' && text !== this.#first.trim()
  }

  discard(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
