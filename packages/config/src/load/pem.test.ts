import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadSettings } from './load.ts'

const folder = mkdtempSync(join(tmpdir(), 'logpipe-pem-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Signed by itself, good for a hundred years; its key was thrown away. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUebsOUL2h7Lt6V4A+btMKwqWgg9cwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjEwNDU5NTJaGA8yMTI2MTAyODA0NTk1
MlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJt7
6zwpHE8fNSj3QI88VhAxrMMt+DWy17YOAcNQQZJ7uZrD9DJg1m/oP1sIcO88dl8d
9eH9m0NKoVJI8MLkRD6jUzBRMB0GA1UdDgQWBBQI2I7L17AmdVHPbVhGCMEZFXGn
szAfBgNVHSMEGDAWgBQI2I7L17AmdVHPbVhGCMEZFXGnszAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIQCYIGWMcBsADSlId/dVZoBvx0l+9rtUBr+N
sC2rrnO/LQIgK08qHYcHrML3wQAA8pC+J6JBkBppKOy4BlYQ14q615k=
-----END CERTIFICATE-----
`

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const lockedKey = privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 's3cret' })
  .toString()

/** The faults of an agent's settings with these texts as `kafka.tls`, each in a file or as it is. */
function faultsOf(tls: Record<string, string>, asFiles = true): string[] {
  const given = Object.entries(tls).map(([name, text]) => {
    const file = join(folder, `${name}.pem`)
    writeFileSync(file, text)
    return [name, asFiles ? file : text]
  })
  const file = join(folder, 'agent.json')
  writeFileSync(file, JSON.stringify({ kafka: { brokers: ['a:1'], tls: Object.fromEntries(given) } }))
  const loaded = loadSettings('agent', { file, env: {}, flags: {} })
  return loaded.ok ? [] : loaded.faults.map(({ path, message }) => `${path} ${message}`)
}

test('a certificate is taken, in a file or as it is', () => {
  assert.deepEqual(faultsOf({ ca: certificate }), [])
  assert.deepEqual(faultsOf({ ca: certificate }, false), [])
})

test('what is no certificate, no key, a key with a passphrase or the key of another certificate is told before the start', () => {
  const empty = certificate.replace(/\n[^-]+\n/s, '\nAAAA\n')
  const none = 'holds no certificate that can be read'
  const cases: [tls: Record<string, string>, faults: string[]][] = [
    [{ ca: empty }, [`kafka.tls.ca ${none}`]],
    [{ ca: key }, [`kafka.tls.ca ${none}`]],
    [{ cert: certificate, key: certificate }, ['kafka.tls.key holds no private key that can be read']],
    [
      { cert: certificate, key: lockedKey },
      ['kafka.tls.key holds a key with a passphrase; it must be without (openssl pkey)'],
    ],
    [{ cert: certificate, key }, ['kafka.tls.key belongs to another certificate than cert']],
    [{ cert: certificate }, ['kafka.tls.key and cert go together; one of them is missing']],
    [{ key }, ['kafka.tls.key and cert go together; one of them is missing']],
  ]
  for (const [tls, faults] of cases) {
    assert.deepEqual(faultsOf(tls), faults)
    assert.deepEqual(faultsOf(tls, false), faults)
  }
})
