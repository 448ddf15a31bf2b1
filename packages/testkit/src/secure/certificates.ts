import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import forge from 'node-forge'
import type { Identity } from '@logpipe/stack'

export interface CertificateWish {
  /** CN; Kafka and etcd take it for the user where there is no other. */
  commonName: string
  /** Host names and IP addresses it is good for. Default: localhost and 127.0.0.1. */
  names?: readonly string[]
  /** Its time was over yesterday. */
  expired?: boolean
}

interface KeyPair {
  publicKey: string
  privateKey: string
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A certificate authority of one test: what it issues is real, and trusted by who is given its `ca`. */
export class CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly ca: string
  readonly #key: forge.pki.rsa.PrivateKey
  readonly #subject: forge.pki.CertificateField[]

  private constructor(ca: string, key: forge.pki.rsa.PrivateKey, subject: forge.pki.CertificateField[]) {
    this.ca = ca
    this.#key = key
    this.#subject = subject
  }

  static async create(commonName = 'logpipe test authority'): Promise<CertificateAuthority> {
    const pair = await newKeyPair()
    const key = forge.pki.privateKeyFromPem(pair.privateKey) as forge.pki.rsa.PrivateKey
    const subject = [{ name: 'commonName', value: commonName }]
    const extensions = [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      { name: 'subjectKeyIdentifier' },
    ]
    const ca = sign({ pair, subject, issuer: subject, signer: key, extensions, endsAt: Date.now() + dayMs })
    return new CertificateAuthority(ca, key, subject)
  }

  /** A certificate for servers and clients alike, with its key and our `ca`. */
  async issue({ commonName, names = ['localhost', '127.0.0.1'], expired = false }: CertificateWish): Promise<Identity> {
    const pair = await newKeyPair()
    const altNames = names.map((name) => (/^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name }))
    const extensions = [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames },
    ]
    const cert = sign({
      pair,
      subject: [{ name: 'commonName', value: commonName }],
      issuer: this.#subject,
      signer: this.#key,
      extensions,
      endsAt: Date.now() + (expired ? -dayMs : dayMs),
    })
    return { cert, key: pair.privateKey, ca: this.ca }
  }
}

interface Signing {
  pair: KeyPair
  subject: forge.pki.CertificateField[]
  issuer: forge.pki.CertificateField[]
  signer: forge.pki.rsa.PrivateKey
  extensions: object[]
  endsAt: number
}

function sign({ pair, subject, issuer, signer, extensions, endsAt }: Signing): string {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey)
  // 01 in front: the number must not be negative, nor begin with more zeros than it needs.
  certificate.serialNumber = `01${forge.util.bytesToHex(forge.random.getBytesSync(15))}`
  certificate.validity.notBefore = new Date(endsAt - 2 * dayMs - hourMs)
  certificate.validity.notAfter = new Date(endsAt)
  certificate.setSubject(subject)
  certificate.setIssuer(issuer)
  certificate.setExtensions(extensions)
  certificate.sign(signer, forge.md.sha256.create())
  return forge.pki.certificateToPem(certificate).replaceAll('\r', '')
}

function newKeyPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}
