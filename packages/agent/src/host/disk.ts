import { type Collector, type Reading, single } from './collector.ts'
import { columns, naturalOf, readProc, wordsOf } from './proc.ts'

/** The kernel counts sectors of this size, whatever the disk's own are. */
const sectorsPerByte = 1 / 512
/** Requests read and written, as they stand in /proc/diskstats. */
const counts = { reads: 3, writes: 7 }
const sectors = { read_bytes: 5, written_bytes: 9 }
const milliseconds = { read_seconds: 6, write_seconds: 10, io_seconds: 12 }

/** What the disks that `isMeant` takes have done, from the text of /proc/diskstats. */
export function parseDisks(text: string, isMeant: (device: string) => boolean): Reading[] {
  const readings: Reading[] = []
  for (const line of text.split('\n')) {
    const words = wordsOf(line)
    const device = words[2]
    if (device === undefined || naturalOf(words[0]) === null || !isMeant(device)) continue
    const values = {
      ...columns(counts, words),
      ...columns(sectors, words, sectorsPerByte),
      ...columns(milliseconds, words, 1_000),
    }
    readings.push({ tags: { device }, values })
  }
  return readings
}

/** What is read from and written to disks. */
export function diskCollector(procDir: string, isMeant: (device: string) => boolean): Collector {
  return {
    name: 'disk',
    labels: ['device'],
    measures: [
      single('disk_reads_total', 'Reads that a disk has done.', 'reads'),
      single('disk_writes_total', 'Writes that a disk has done.', 'writes'),
      single('disk_read_bytes_total', 'Bytes read from a disk.', 'read_bytes'),
      single('disk_written_bytes_total', 'Bytes written to a disk.', 'written_bytes'),
      single('disk_read_seconds_total', 'Time that reads took, all together.', 'read_seconds', true),
      single('disk_write_seconds_total', 'Time that writes took, all together.', 'write_seconds', true),
      single('disk_io_seconds_total', 'Time in which a disk had something to do.', 'io_seconds', true),
    ],
    collect: async () => parseDisks(await readProc(procDir, 'diskstats'), isMeant),
  }
}
