import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { keptPipelinesText, parseKeptPipelines, type StoreItem } from '@logpipe/config'
import { Backoff, describeError, sleep, Wakeup } from '@logpipe/runtime'
import type { Events } from '../events.ts'

const fileName = 'pipelines.json'
/** What etcd could hold would not be larger; what is, is not ours. */
const maxBytes = 256 * 1_048_576
const idleMs = 60_000
/** A draft lives for as long as the disk takes; whose writer has died is left. */
const draftMs = 60_000

export interface KeptPipelinesOptions {
  /** Made where it is missing. */
  folder: string
  /** Where the keys start. */
  prefix: string
  events: Pick<Events, 'keptPipelinesUnusable' | 'pipelinesNotKept'>
  /** Between two writes. Default 1,000. */
  paceMs?: number
}

/**
 * The copy on disk of the pipelines that were used last, for a start while etcd does not answer. Several transfers may share a folder: whoever writes
 * last is right, and none ever reads half a file. One owner.
 */
export class KeptPipelines {
  readonly #options: KeptPipelinesOptions
  readonly #wakeup = new Wakeup()
  #wanted: readonly StoreItem[] | null = null
  #written: string | null = null

  constructor(options: KeptPipelinesOptions) {
    this.#options = options
  }

  /** What was kept; null where there is nothing that can be used. Deletes drafts that nobody will finish. Never rejects. */
  async read(): Promise<StoreItem[] | null> {
    const { folder, prefix, events } = this.#options
    await sweepDrafts(folder)
    const file = join(folder, fileName)
    try {
      if ((await stat(file)).size > maxBytes) throw new Error('It is too large.')
      const text = await readFile(file, 'utf8')
      const items = parseKeptPipelines(text, prefix)
      if (typeof items === 'string') throw new Error(items)
      this.#written = text
      return items
    } catch (error) {
      if (!isMissing(error)) events.keptPipelinesUnusable(file, describeError(error))
      return null
    }
  }

  /** These are to be kept, in place of those before. */
  keep(items: readonly StoreItem[]): void {
    this.#wanted = items
    this.#wakeup.wake()
  }

  /** Writes what is to be kept until `signal` aborts, and once more then; a disk that fails is tried again. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { paceMs = 1_000 } = this.#options
    const backoff = new Backoff({ baseMs: 1_000, maxMs: 60_000 })
    while (!signal.aborted) {
      await this.#wakeup.sleep(idleMs, signal)
      if (await this.#write()) {
        backoff.reset()
        await sleep(paceMs, signal).catch(() => undefined)
      } else {
        await backoff.wait(signal).catch(() => undefined)
        this.#wakeup.wake()
      }
    }
    await this.#write()
  }

  /** Whether what is to be kept is on disk. */
  async #write(): Promise<boolean> {
    const { folder, prefix, events } = this.#options
    if (this.#wanted === null) return true
    const text = keptPipelinesText(prefix, this.#wanted)
    if (text === this.#written) return true
    try {
      await replaceFile(folder, text)
      this.#written = text
      return true
    } catch (error) {
      events.pipelinesNotKept(folder, error)
      return false
    }
  }
}

/** Deletes what a transfer that died in the middle of a write has left. Who still writes one, in another container, writes it again. */
async function sweepDrafts(folder: string): Promise<void> {
  // A folder that cannot be read is told by who reads the copy in it.
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const [, pid] = /^pipelines\.json\.(\d{1,10})$/.exec(name) ?? []
    if (pid === undefined) continue
    const draft = join(folder, name)
    const changedAt = await stat(draft).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    )
    // One of our id that was there before us is of a process that had it then.
    const isBeforeUs = Number(pid) === process.pid && changedAt < Date.now() - process.uptime() * 1_000
    const isOver = isBeforeUs || !isAlive(Number(pid)) || Date.now() - changedAt > draftMs
    if (isOver) await rm(draft, { force: true }).catch(() => undefined)
  }
}

/** Whether a process of this machine has this id. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // One of another user is alive, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** The whole new file, or the whole old one, whenever the machine stops. */
async function replaceFile(folder: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const file = join(folder, fileName)
  const draft = `${file}.${process.pid}`
  try {
    await writeThrough(draft, text)
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
  // The rename, too.
  const directory = await open(folder)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function writeThrough(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o640)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
