import type { NodeDisk, Watermarks } from '../../elasticsearch/cluster-info.ts'
import type { Check } from '../check.ts'
import { clockFinding } from '../clock.ts'
import { size } from '../disk.ts'
import { type Finding, ok, problem, warning } from '../finding.ts'
import type { ElasticsearchPatient } from './patient.ts'

/** Room on the nodes by their own watermarks, indices that were closed for writing, and the nodes' clocks. */
export const disks: Check<ElasticsearchPatient> = {
  about: 'Elasticsearch',
  name: 'disks',
  async look({ cluster, now }, signal) {
    const [watermarks, blocked] = await Promise.all([cluster.watermarks(signal), cluster.blockedIndices(signal)])
    const askedMs = now()
    const found = await cluster.disks(signal)
    const answeredMs = now()
    return [
      ...found.map((disk) => watermarkFinding(disk, watermarks)),
      ...found.flatMap(({ node, clockMs }) =>
        Number.isNaN(clockMs)
          ? []
          : [clockFinding({ who: `node ${node}`, theirsMs: clockMs, askedMs, answeredMs, stepMs: 1 })],
      ),
      ...(blocked.length === 0 ? [] : [blockedFinding(blocked)]),
    ]
  },
}

function blockedFinding(indices: readonly string[]): Finding {
  const some = indices.length > 3 ? `${indices.slice(0, 3).join(', ')}, …` : indices.join(', ')
  return problem(
    `${indices.length} indices take no more documents, since a disk was full: ${some}.`,
    'Make room; Elasticsearch opens them again by itself once a disk is below its high watermark.',
  )
}

const makeRoom =
  'Shorten the retention (elasticsearch.dataStream.retention), delete old indices, or add disks or nodes.'

/** What the watermarks mean for this disk. */
export function watermarkFinding({ node, totalBytes, freeBytes }: NodeDisk, marks: Watermarks): Finding {
  const found = `Node ${node}: ${size(freeBytes)} of ${size(totalBytes)} are free`
  const isOver = (name: 'low' | 'high' | 'flood'): boolean =>
    totalBytes - freeBytes >= filledAt(marks[name], marks.headroom?.[name] ?? '-1', totalBytes)
  if (isOver('flood')) {
    return problem(`${found}; it is over the flood stage (${marks.flood}): its indices take no documents.`, makeRoom)
  }
  if (isOver('high')) {
    return warning(`${found}; it is over the high watermark (${marks.high}): its shards are moved away.`, makeRoom)
  }
  if (isOver('low')) {
    return warning(`${found}; it is over the low watermark (${marks.low}): it gets no new shards.`, makeRoom)
  }
  return ok(`${found}.`)
}

const units: Record<string, number> = {
  b: 1,
  kb: 1_024,
  mb: 1_024 ** 2,
  gb: 1_024 ** 3,
  tb: 1_024 ** 4,
  pb: 1_024 ** 5,
}

/**
 * How many bytes are taken when this mark is reached: `95%` and `0.95` of the disk, but no less than all but the `headroom`; or all but `500mb`. Without end
 * where it cannot be read.
 */
function filledAt(mark: string, headroom: string, totalBytes: number): number {
  const atLeast = headroom.startsWith('-') ? 0 : filledAt(headroom, '-1', totalBytes)
  const [, number = '', unit = ''] = /^([\d.]+)\s*([%a-z]*)$/i.exec(mark.trim()) ?? []
  const value = Number(number)
  if (number === '' || Number.isNaN(value)) return Infinity
  if (unit === '%') return Math.max((totalBytes * value) / 100, atLeast)
  if (unit === '') return Math.max(totalBytes * value, atLeast)
  return totalBytes - value * (units[unit.toLowerCase()] ?? 0)
}
