import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { anyAddress, type Logger, silentLogger } from '@logpipe/runtime'
import { LogDir } from '@logpipe/testkit'
import { addressFile, ownAddress } from './own-address.ts'

// Names below .invalid are never resolved (RFC 2606).
const nobody = ['kafka.invalid:9092', 'etcd.invalid:2379']
const somebody = ['kafka.invalid:9092', '127.0.0.1:2379']
const never = new AbortController().signal

/** A logger that keeps the addresses that it warns of. */
function warnings(): { log: Logger; ips: unknown[] } {
  const ips: unknown[] = []
  return { log: { ...silentLogger, warn: (_, fields) => void ips.push(fields?.['ip']) }, ips }
}

test(
  'an address that was found is that of the next start, too, where no name is resolved then',
  { timeout: 20_000 },
  async (t) => {
    const folder = LogDir.create(t).file('data')
    const found = await ownAddress({ servers: somebody, folder, log: silentLogger, patienceMs: 0 }, never)
    assert.equal(found, anyAddress())
    writeFileSync(`${folder}/${addressFile}`, '10.1.2.3\n')
    const { log, ips } = warnings()
    assert.equal(await ownAddress({ servers: nobody, folder, log, patienceMs: 60_000 }, never), '10.1.2.3')
    assert.deepEqual(ips, ['10.1.2.3'], 'it says so')
    // Where the network is up again, it is the network that counts.
    assert.equal(await ownAddress({ servers: somebody, folder, log, patienceMs: 0 }, never), anyAddress())
    assert.equal(await ownAddress({ servers: nobody, folder, log, patienceMs: 0 }, never), anyAddress())
  },
)

test(
  'at a first start without names it is waited for, then guessed and told; what is remembered broken is not used',
  { timeout: 20_000 },
  async (t) => {
    const folder = LogDir.create(t).file('')
    writeFileSync(`${folder}/${addressFile}`, '10.1.2')
    const { log, ips } = warnings()
    const began = performance.now()
    assert.equal(await ownAddress({ servers: nobody, folder, log, patienceMs: 400 }, never), anyAddress())
    assert.ok(performance.now() - began >= 390)
    assert.deepEqual(ips, [undefined, anyAddress()], 'that it waits, and what it took')
  },
)

test('who is told to end does not wait for names', { timeout: 10_000 }, async (t) => {
  const folder = LogDir.create(t).file('data')
  const options = { servers: nobody, folder, log: silentLogger, patienceMs: 60_000 }
  assert.equal(await ownAddress(options, AbortSignal.timeout(100)), anyAddress())
})

test('a folder that cannot be written costs the memory alone', { timeout: 10_000 }, async (t) => {
  const dir = LogDir.create(t)
  dir.append('file', 'x')
  const options = { servers: somebody, folder: dir.file('file'), log: silentLogger, patienceMs: 0 }
  assert.equal(await ownAddress(options, never), anyAddress())
})
