import { dirname } from 'node:path'
import { Source } from '../harvest/source.ts'
import { lastLineStart } from '../harvest/start.ts'
import type { Ledger } from '../registry/ledger.ts'
import type { Checkpoint } from '../registry/registry.ts'
import type { Found } from './finder.ts'
import type { Heirs } from './heirs.ts'
import { isSameBeyondReboot, sameBirth } from './identity.ts'
import { pathsOf, type Place, realPathOf } from './place.ts'

export interface Recognized {
  readonly source: Source
  /** Earlier generations of the file that were never given up: their content may be in a copy. */
  readonly strays: readonly Source[]
}

/**
 * The source of a file that nobody collects yet: that of its checkpoint where it has one that can be its own, else a new one. Whether the
 * content, too, is what the checkpoint says, is for the harvester to see. `heirs`: what was asked for before
 * this plan appeared since then, where it has no checkpoint.
 */
export function recognize(found: Found, ledger: Ledger, heirs: Heirs): Recognized {
  const { path, stat, entry } = found
  const { id, topic, startAt } = entry.spec
  const fitting: Checkpoint[] = []
  for (const checkpoint of Array.from(ledger.resting(stat.ino))) {
    if ((checkpoint.topic !== topic && checkpoint.entry !== id) || checkpoint.state === 'gone') continue
    if (checkpoint.dev !== stat.dev && !(isSameBeyondReboot(checkpoint, stat) && isFolderOf(checkpoint, path))) continue
    if (sameBirth(checkpoint, stat)) fitting.push(checkpoint)
    else ledger.amend(checkpoint, { ...checkpoint, state: 'gone' })
  }
  fitting.sort((a, b) => Number(b.topic === topic) - Number(a.topic === topic) || b.generation - a.generation)
  const [own, ...others] = fitting
  if (own !== undefined) {
    const strays = others.filter((other) => other.topic === own.topic)
    return { source: resume(own, found, ledger), strays: strays.map((stray) => resume(stray, found, ledger)) }
  }
  const isLater = startAt === 'beginning' || !ledger.isFirstScan(entry.spec) || heirs.wasAsked(path, topic)
  const start = isLater ? 0 : lastLineStart(path, stat.size, entry.text)
  const source = Source.begin({ path, realPath: realPathOf(path), identity: stat, start }, { id, topic }, ledger)
  ledger.began(source)
  return { source, strays: [] }
}

/** Whether a file at `path` is in one of the folders of that place. */
function isFolderOf(place: Place, path: string): boolean {
  return pathsOf(place).some((one) => dirname(one) === dirname(path))
}

/** Whether the file has a checkpoint, as far as a look at it tells. */
export function isKnown({ stat, entry }: Found, ledger: Ledger): boolean {
  const { id, topic } = entry.spec
  return ledger
    .resting(stat.ino)
    .some((known) => (known.topic === topic || known.entry === id) && known.state !== 'gone' && sameBirth(known, stat))
}

/** The source of a checkpoint whose file was found. */
function resume(checkpoint: Checkpoint, { path, stat }: Found, ledger: Ledger): Source {
  const { dev, ino, birthtimeNs, size } = stat
  const place = { path, realPath: realPathOf(path) }
  const source = Source.resume({ ...checkpoint, dev, ino, birthtimeNs, ...place, state: 'active' }, size, ledger)
  ledger.resumed(checkpoint, source)
  ledger.touched(source)
  return source
}
