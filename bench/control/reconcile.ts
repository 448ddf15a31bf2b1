import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { median } from '../lib/report.ts'

/** What the process of one round prints. */
export interface Reconciled {
  /** From the text of the key until its plan runs. */
  ms: number
  /** The same for an edit of one entry. */
  changeMs: number
  entries: number
  files: number
  /** Entries that the edit did not touch. */
  kept: number
}

export const reconciledEntries = 1_000
const perFolder = 50
const ip = '10.90.0.2'

/** Medians of the rounds: how long an agent takes with 1,000 entries, whose files are there, and with an edit of one of them. */
export function reconcile(folder: string, rounds: number): Pick<Reconciled, 'ms' | 'changeMs'> {
  const place = join(folder, 'reconcile')
  const valueFile = join(place, 'value.json')
  try {
    mkdirSync(place)
    const entries = Array.from({ length: reconciledEntries }, (_, i) => {
      const parent = join(place, `app-${Math.floor(i / perFolder)}`)
      mkdirSync(parent, { recursive: true })
      writeFileSync(join(parent, `service-${i}.log`), `line of service ${i}\n`)
      return {
        id: `service-${i}`,
        path: join(parent, `service-${i}*.log`),
        exclude: [`${parent}/*.gz`],
        topic: `topic_${i % 20}`,
      }
    })
    writeFileSync(valueFile, JSON.stringify(entries))
    const all = Array.from({ length: rounds }, (_, round) => inChild(valueFile, join(place, `data-${round}`)))
    return { ms: median(all.map(({ ms }) => ms)), changeMs: median(all.map(({ changeMs }) => changeMs)) }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function inChild(valueFile: string, dataDir: string): Reconciled {
  const program = fileURLToPath(new URL('reconcile-child.ts', import.meta.url))
  const args = ['--conditions=logpipe-source', '--disable-warning=ExperimentalWarning', program, valueFile, dataDir, ip]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000 })
  if (status !== 0) throw new Error(`The process that reconciles failed: ${stderr}`)
  const figures = JSON.parse(stdout) as Reconciled
  const { entries, files, kept } = figures
  if (entries !== reconciledEntries || files < reconciledEntries || kept !== reconciledEntries - 1) {
    throw new Error(`The plan has ${entries} entries and ${files} files; an edit of one kept ${kept}.`)
  }
  return figures
}
