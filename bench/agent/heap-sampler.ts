// Loaded into logagent by --import: at SIGUSR2 it begins to sample what is allocated on the JavaScript heap, at the next SIGUSR2 it
// writes the profile to the file that LOGPIPE_BENCH_HEAP names. `<file>.begun` says that sampling has begun.
import { renameSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import process from 'node:process'
import { samplingBytes } from './heap-profile.ts'

const file = process.env['LOGPIPE_BENCH_HEAP'] ?? ''
const session = new Session()
let turn = Promise.resolve()
let begun = false

async function begin(): Promise<void> {
  session.connect()
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: samplingBytes,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  writeFileSync(`${file}.begun`, '')
}

async function end(): Promise<void> {
  const { profile } = await session.post('HeapProfiler.stopSampling')
  writeFileSync(`${file}.part`, JSON.stringify(profile))
  renameSync(`${file}.part`, file)
}

process.on('SIGUSR2', () => {
  turn = turn.then(begun ? end : begin)
  begun = true
})
