import type { Etcd3 } from 'etcd3'
import type { Certificates, CertificateTexts } from '@logpipe/runtime/certificates'
import { createClient, type EtcdOptions } from './client.ts'
import { type Account, SignIn } from './sign-in.ts'

/** A client of the library, and how many calls and watches are under way on it. */
interface Used {
  readonly client: Etcd3
  readonly certificates: CertificateTexts | undefined
  count: number
}

/**
 * One member of etcd. Owned by the store.
 *
 * NOTE: the library takes certificates when a client is made. Where they were changed, new calls go by a new client; the one from before is
 * closed when the last call or watch on it has ended.
 */
export class Member {
  readonly endpoint: string
  readonly #options: EtcdOptions
  readonly #certificates: Certificates | null
  readonly #signIn: SignIn
  #used: Used
  readonly #open = new Set<Used>()

  constructor(endpoint: string, options: EtcdOptions, certificates: Certificates | null, account: Account | null) {
    this.endpoint = endpoint
    this.#options = options
    this.#certificates = certificates
    this.#signIn = new SignIn(account)
    this.#used = this.#make(certificates?.current())
  }

  /** Sends with a token where the member wants one; once more where it has forgotten ours. Settles as `send` does. */
  async send<T>(send: (client: Etcd3) => Promise<T>): Promise<T> {
    const used = this.#fresh()
    used.count++
    try {
      await this.#signIn.ready(used.client)
      try {
        return await send(used.client)
      } catch (error) {
        if (!this.#signIn.passesWithNewToken(error)) throw error
        await this.#signIn.ready(used.client)
        return await send(used.client)
      }
    } finally {
      used.count--
      this.#closeUnused(used)
    }
  }

  /** What is under way fails. */
  close(): void {
    for (const { client } of this.#open) client.close()
    this.#open.clear()
  }

  #fresh(): Used {
    const certificates = this.#certificates?.current()
    const before = this.#used
    if (certificates === before.certificates) return before
    this.#used = this.#make(certificates)
    this.#closeUnused(before)
    return this.#used
  }

  #make(certificates: CertificateTexts | undefined): Used {
    const client = createClient(this.endpoint, this.#options, certificates, this.#signIn)
    const used = { client, certificates, count: 0 }
    this.#open.add(used)
    return used
  }

  #closeUnused(used: Used): void {
    if (used.count > 0 || used === this.#used || !this.#open.delete(used)) return
    used.client.close()
  }
}
