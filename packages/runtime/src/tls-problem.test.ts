import assert from 'node:assert/strict'
import { test } from 'node:test'
import { causesOf, tlsProblem } from './tls-problem.ts'

function coded(code: string, message = 'x', reason?: string): Error {
  return Object.assign(new Error(message), { code, ...(reason === undefined ? {} : { reason }) })
}

test('what ends a handshake is told by its code, however deep it stands, with what to do', () => {
  const cases: [code: string, says: RegExp][] = [
    ['CERT_HAS_EXPIRED', /has expired; renew/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /for another name/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /let `ca` name/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /let `ca` name/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /let `cert` and `key` name/],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', /refuses our certificate/],
    ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', /refuses our certificate/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /does not speak TLS/],
  ]
  for (const [code, says] of cases) {
    const error = new Error('outer', { cause: new AggregateError([new Error('other'), coded(code)]) })
    assert.match(tlsProblem(error)?.sentence ?? '', says, code)
  }
})

test('what a library kept only as words is known by them', () => {
  const grpc = new Error(
    '14 UNAVAILABLE: No connection established. Last error: certificate has expired. Resolution note:',
  )
  assert.match(tlsProblem(grpc)?.sentence ?? '', /has expired/)
})

test('the reason is short, and other failures are none of TLS', () => {
  const alert = coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', '408:error:0A:SSL routines:rec.c:918', 'tlsv1 alert unknown ca')
  assert.equal(tlsProblem(alert)?.reason, 'tlsv1 alert unknown ca')
  assert.equal(
    tlsProblem(coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify; run …'))?.reason,
    'unable to verify',
  )
  const words = '40CD:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/a.c:77:'
  assert.equal(tlsProblem(coded('EPROTO', words))?.reason, 'wrong version number')
  assert.equal(tlsProblem(coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1')), null)
  assert.equal(tlsProblem(undefined), null)
})

test('causes that go round in a circle end', () => {
  const error = new Error('a')
  error.cause = error
  assert.ok([...causesOf(error)].length < 20)
})
