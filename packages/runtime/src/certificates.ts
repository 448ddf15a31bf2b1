import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import { describeError, LogpipeError } from './errors.ts'
import type { Logger } from './log.ts'

/** What TLS with a server needs, as settings name it: each is the absolute path of a PEM file, or PEM text. */
export interface CertificateOptions {
  ca?: string
  cert?: string
  key?: string
}

/** The same as PEM texts. */
export type CertificateTexts = Readonly<CertificateOptions>

/**
 * Certificates of the connections to one server, read again when their files change: they are renewed while programs run. What cannot be
 * used then (a file half written, a certificate whose key is not there yet) is told once, and the last good ones stay.
 */
export class Certificates {
  readonly #given: CertificateOptions
  readonly #server: string
  readonly #log: Pick<Logger, 'info' | 'warn'> | undefined
  #current: CertificateTexts
  /** What the files looked like before they were read last. */
  #seen: string
  #isBroken = false
  #context: { of: CertificateTexts; made: SecureContext } | null = null

  /** `server`: its name for people. Reads the files; throws `settings_invalid` where they cannot be used. */
  constructor({ ca, cert, key }: CertificateOptions, server: string, log?: Pick<Logger, 'info' | 'warn'>) {
    this.#given = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
    this.#server = server
    this.#log = log
    this.#seen = look(this.#given)
    try {
      this.#current = read(this.#given)
    } catch (cause) {
      const names = Object.keys(this.#given).map((name) => `\`${name}\``)
      const message = `The certificates or the key for ${server} (${names.join(', ')}) cannot be used.`
      throw new LogpipeError('settings_invalid', message, { cause })
    }
  }

  /** Those for a new connection; the same object until a file has changed. Costs a look at each file. */
  current(): CertificateTexts {
    const seen = look(this.#given)
    // Read on while they are broken: a right that was given to us changes nothing that we look at.
    if (seen === this.#seen && !this.#isBroken) return this.#current
    this.#seen = seen
    try {
      this.#current = read(this.#given)
      this.#isBroken = false
      this.#log?.info('Certificates were changed; new connections use them', { server: this.#server })
    } catch (error) {
      if (!this.#isBroken) {
        const message = 'Certificates were changed and cannot be used; those from before go on'
        this.#log?.warn(message, { server: this.#server, reason: describeError(error) })
      }
      this.#isBroken = true
    }
    return this.#current
  }

  /** As `current`, as what Node's TLS takes; made once for all connections. */
  secureContext(): SecureContext {
    const of = this.current()
    if (this.#context?.of !== of) this.#context = { of, made: createSecureContext(of) }
    return this.#context.made
  }
}

/** By which a change is seen: a new file in its place as well as the same one written anew. */
function look(given: CertificateOptions): string {
  const seen = Object.values(given).map((pathOrText) => {
    if (!isPath(pathOrText)) return ''
    try {
      const { ino, size, mtimeMs } = statSync(pathOrText)
      return `${ino} ${size} ${mtimeMs}`
    } catch {
      // Gone, or its folder is closed to us: what reading it says is told.
      return 'none'
    }
  })
  return seen.join(',')
}

function read(given: CertificateOptions): CertificateTexts {
  const texts: CertificateOptions = {}
  for (const name of ['ca', 'cert', 'key'] as const) {
    const pathOrText = given[name]
    if (pathOrText !== undefined) texts[name] = isPath(pathOrText) ? readFileSync(pathOrText, 'utf8') : pathOrText
  }
  // What holds no certificate would be passed over, and nobody be trusted.
  for (const each of [texts.ca, texts.cert]) if (each !== undefined) new X509Certificate(each)
  // Refuses a key that belongs to another certificate.
  if (texts.cert !== undefined) createSecureContext(texts)
  return texts
}

function isPath(pathOrText: string): boolean {
  return pathOrText.startsWith('/')
}
