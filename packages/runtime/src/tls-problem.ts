const maxDepth = 8

/** A thrown value, then its causes and the errors it gathers, at most a few levels deep. */
export function* causesOf(error: unknown, depth = 0): Generator<object> {
  if (typeof error !== 'object' || error === null || depth > maxDepth) return
  yield error
  if ('errors' in error && Array.isArray(error.errors))
    for (const each of error.errors) yield* causesOf(each, depth + 1)
  if ('cause' in error) yield* causesOf(error.cause, depth + 1)
}

const wantsCertificate = 'asks for a certificate of ours; let `cert` and `key` name one that it trusts'
const refusesCertificate =
  'refuses our certificate; check that `cert` is in date and signed by an authority that it trusts'

/** What a server says or shows that ends the handshake; settings by the words that all servers share. */
const problems: readonly { codes: RegExp; text: RegExp; problem: string }[] = [
  {
    codes: /^CERT_HAS_EXPIRED$/,
    text: /certificate has expired/,
    problem: 'shows a certificate that has expired; renew it on that server',
  },
  {
    codes: /^CERT_NOT_YET_VALID$/,
    text: /certificate is not yet valid/,
    problem: 'shows a certificate that is not valid yet; look at the clocks of both hosts',
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    text: /does not match certificate's altnames|altnames/,
    problem:
      'shows a certificate for another name; write the address as in the certificate, or give it a certificate for this one',
  },
  {
    codes: /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)/,
    text: /unable to (verify the first|get (local )?issuer) certificate|self[- ]signed certificate/,
    problem:
      'shows a certificate that nobody we trust has signed; let `ca` name the certificate of the authority that did',
  },
  {
    codes: /ALERT_CERTIFICATE_REQUIRED$|ALERT_HANDSHAKE_FAILURE$/,
    text: /alert certificate required|alert handshake failure/,
    problem: wantsCertificate,
  },
  {
    codes: /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|DECRYPT_ERROR)$/,
    text: /alert (unknown ca|bad certificate|certificate \w+|unsupported certificate|access denied|decrypt error)/,
    problem: refusesCertificate,
  },
  {
    codes: /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_HTTP_REQUEST)$/,
    text: /wrong version number|packet length too long|before secure TLS connection was established/,
    problem: 'does not speak TLS on this port; use its TLS port, or do without TLS',
  },
]

export interface TlsProblem {
  /** What follows the server's name in a sentence, without the full stop: what is wrong and what to do. */
  sentence: string
  /** OpenSSL's or Node's own words, without the places in their sources. */
  reason: string
}

/**
 * Why TLS with a server failed; null where `error` tells of no such thing. Looks at codes first, at the words only where a library kept
 * nothing else (gRPC). `withCertificate` says whether we showed one: some servers refuse a missing one as if it were a bad one.
 */
export function tlsProblem(error: unknown, { withCertificate = true } = {}): TlsProblem | null {
  const found = firstProblem(error)
  const isMissing = !withCertificate && found?.sentence === refusesCertificate
  return found !== null && isMissing ? { ...found, sentence: wantsCertificate } : found
}

function firstProblem(error: unknown): TlsProblem | null {
  const chain = [...causesOf(error)]
  for (const { codes, problem } of problems) {
    const found = chain.find((each) => 'code' in each && typeof each.code === 'string' && codes.test(each.code))
    if (found !== undefined) return { sentence: problem, reason: reasonOf(found) }
  }
  for (const { text, problem } of problems) {
    const found = chain.find((each) => 'message' in each && typeof each.message === 'string' && text.test(each.message))
    if (found !== undefined) return { sentence: problem, reason: reasonOf(found) }
  }
  return null
}

function reasonOf(error: object): string {
  if ('reason' in error && typeof error.reason === 'string') return error.reason
  const message = 'message' in error ? String(error.message) : ''
  // thread:error:number:library:function:reason:file:line
  const [, reason] = /^[0-9A-F]+:error:[^:]*:[^:]*:[^:]*:([^:]*):/.exec(message) ?? []
  return reason ?? message.replace(/[;\n].*$/s, '')
}
