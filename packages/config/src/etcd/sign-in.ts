import type { Etcd3, IOptions } from 'etcd3'

type CallOptions = Exclude<NonNullable<IOptions['defaultCallOptions']>, (...args: never[]) => unknown>
/** What sees each call of a member before it is sent. */
export type Interceptor = NonNullable<CallOptions['interceptors']>[number]

export interface Account {
  username: string
  password: string
}

/** What etcd says of a token that it does not know (any more): it was started again, or the token was not used for minutes. */
const tokenOver = 'invalid auth token'
const inOurWords = 'the token is over'

/**
 * Signs in to one member: gets a token and sends it with every call. Owned by the store.
 *
 * NOTE: the library's own sign-in is not used: it makes a client for every try and closes none of them (14 KiB each, for ever, with a
 * wrong password), and asks again and again without a bound where a fresh token is not taken.
 */
export class SignIn {
  readonly #account: Account | null
  #token: string | null = null
  #asking: Promise<void> | null = null

  constructor(account: Account | null) {
    this.#account = account
  }

  /** For the calls of this member. */
  readonly interceptor: Interceptor = (options, nextCall) => {
    const call = nextCall(options)
    const start = call.start.bind(call)
    call.start = (metadata, listener) => {
      const token = this.#token
      if (token !== null) metadata.set('token', token)
      start(metadata, {
        ...listener,
        onReceiveMetadata: (received) => listener?.onReceiveMetadata?.(received),
        onReceiveMessage: (message) => listener?.onReceiveMessage?.(message),
        onReceiveStatus: (status) => {
          const isOver = status.details.includes(tokenOver)
          if (isOver && this.#token === token) this.#token = null
          // In other words, by which the library does not know it: it would call again by itself.
          listener?.onReceiveStatus?.(isOver ? { ...status, details: inOurWords } : status)
        },
      })
    }
    // Called by its interface alone; the type asks for gRPC's own class, which is not ours to import.
    return call as ReturnType<Interceptor>
  }

  /** Resolves when there is a token, or none is needed. Rejects as the library's call does. */
  async ready(member: Etcd3): Promise<void> {
    const account = this.#account
    if (account === null || this.#token !== null) return
    this.#asking ??= member.auth
      .authenticate({ name: account.username, password: account.password })
      .then(({ token }) => void (this.#token = token))
      .finally(() => (this.#asking = null))
    await this.#asking
  }

  /** Whether this failure passes with a new token; the request was not done. */
  passesWithNewToken(error: unknown): boolean {
    return (
      this.#account !== null && this.#token === null && error instanceof Error && error.message.includes(inOurWords)
    )
  }
}
