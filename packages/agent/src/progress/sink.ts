/** PORT: where an agent's progress goes. One call at a time. */
export interface ProgressSink {
  /**
   * Puts `value` in the place of what stood under `key`; resolves when it stands there, or whoever takes it has it. Rejects with a reason within some
   * seconds: nothing is tried on behind the caller's back. Rejects with `aborted` when `signal` aborts.
   */
  put(key: string, value: string, signal: AbortSignal): Promise<void>
}
