/** Ends what a bench run opened, as the `t` of a test would: last opened, first closed. */
export class Scope {
  readonly #closes: (() => Promise<void> | void)[] = []

  after(close: () => Promise<void> | void): void {
    this.#closes.push(close)
  }

  async close(): Promise<void> {
    for (let close = this.#closes.pop(); close !== undefined; close = this.#closes.pop()) await close()
  }
}
