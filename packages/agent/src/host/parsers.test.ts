import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCpu } from './cpu.ts'
import { parseDisks } from './disk.ts'
import { parseMounts } from './filesystem.ts'
import { parseLoad } from './load.ts'
import { parseMemory } from './memory.ts'
import { parseNetwork } from './network.ts'
import { parseProcesses } from './processes.ts'

const all = (): boolean => true

const stat = `cpu  4367428 161935 1073848 2419694 18885 7 22985 7503 5 0
cpu0 2187430 77027 510577 1242847 6536 3 7357 3738 0 0
cpu1 2179998 84907 563270 1176846 12348 4 15627 3765 0 0
intr 1 2 3
processes 30001
procs_running 3
procs_blocked 1
`
const loadavg = '11.28 0.50 12.00 18/1158 24360\n'
const meminfo = `MemTotal:       24684084 kB
MemAvailable:   13614368 kB
Active(anon):       1736 kB
SwapTotal:             0 kB
HugePages_Total:       0
`
const diskstats = `   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0
 254       0 vda 1998 395 74201178 1704061 5483 2071 572679224 3763139 0 990080 6099429 23 12 637 29 23 33
 259       1 nvme0n1 1 2 3 4 5 6 7 8 0 10 11
`
const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 383 21 0 0 0 0 0 0 383 21 0 0 0 0 0 0
  eth0:5141017942  184201 1 2 0 0 0 0 14925669  138732 3 4 0 0 0 0
eth0:1: 7 8 0 0 0 0 0 0 9 10 0 0 0 0 0 0
`

test('CPU time is read in seconds, for each mode', () => {
  const [reading] = parseCpu(stat)
  assert.deepEqual(reading, {
    tags: {},
    values: {
      user_seconds: 43_674.28,
      nice_seconds: 1_619.35,
      system_seconds: 10_738.48,
      idle_seconds: 24_196.94,
      iowait_seconds: 188.85,
      irq_seconds: 0.07,
      softirq_seconds: 229.85,
      steal_seconds: 75.03,
      cpus: 2,
    },
  })
})

test('load, memory and processes are read as the kernel writes them', () => {
  assert.deepEqual(parseLoad(loadavg), [{ tags: {}, values: { load1: 11.28, load5: 0.5, load15: 12 } }])
  const values = { total_bytes: 24_684_084 * 1_024, available_bytes: 13_614_368 * 1_024, swap_total_bytes: 0 }
  assert.deepEqual(parseMemory(meminfo), [{ tags: {}, values }])
  assert.deepEqual(parseProcesses(stat, loadavg, ['1', '24360', 'self', 'stat', '7x']), [
    { tags: {}, values: { processes: 2, forks: 30_001, running: 3, blocked: 1, threads: 1_158 } },
  ])
})

test('disks are read in bytes and seconds, those of older kernels too, and what is left out is not', () => {
  const readings = parseDisks(diskstats, (device) => device !== 'loop0')
  assert.deepEqual(
    readings.map(({ tags }) => tags),
    [{ device: 'vda' }, { device: 'nvme0n1' }],
  )
  assert.deepEqual(readings[0]?.values, {
    reads: 1_998,
    writes: 5_483,
    read_bytes: 74_201_178 * 512,
    written_bytes: 572_679_224 * 512,
    read_seconds: 1_704.061,
    write_seconds: 3_763.139,
    io_seconds: 990.08,
  })
})

test('interfaces are read whether or not a blank stands behind the colon, and aliases by their whole name', () => {
  const readings = parseNetwork(netDev, (name) => name !== 'lo')
  assert.deepEqual(
    readings.map(({ tags }) => tags['interface']),
    ['eth0', 'eth0:1'],
  )
  assert.deepEqual(readings[0]?.values, {
    receive_bytes: 5_141_017_942,
    receive_packets: 184_201,
    receive_errors: 1,
    receive_drops: 2,
    transmit_bytes: 14_925_669,
    transmit_packets: 138_732,
    transmit_errors: 3,
    transmit_drops: 4,
  })
})

test('of mounts the last at one place counts, and their names are what they are', () => {
  const text = 'old / ext4 rw 0 0\n/dev/sda /my\\040disk\\134 xfs rw 0 0\n/dev/vda / btrfs rw 0 0\nbad\n'
  assert.deepEqual(parseMounts(text), [
    { device: '/dev/vda', mount: '/', type: 'btrfs' },
    { device: '/dev/sda', mount: '/my disk\\', type: 'xfs' },
  ])
})

/** Texts such as the kernel writes, with anything in them changed, and any text at all. */
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .tuple(fc.constantFrom(stat, loadavg, meminfo, diskstats, netDev), fc.nat(900), fc.nat(9), fc.string())
    .map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut)),
)

test('whatever stands there, no parser throws, and what it reads are natural numbers or their parts', () => {
  fc.assert(
    fc.property(texts, (text) => {
      parseMounts(text)
      const readings = [
        ...parseCpu(text),
        ...parseLoad(text),
        ...parseMemory(text),
        ...parseDisks(text, all),
        ...parseNetwork(text, all),
        ...parseProcesses(text, text, text.split(' ')),
      ]
      for (const { values } of readings) {
        for (const value of Object.values(values)) assert.ok(Number.isFinite(value) && value >= 0, text)
      }
    }),
    { numRuns: 2_000 },
  )
})
