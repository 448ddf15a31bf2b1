/** PORT: where points go. One call at a time. */
export interface PointSink {
  /**
   * Writes these points, at least one, each a JSON object, at `timestampMs`; resolves when they are safe. Rejects with a reason within some seconds: nothing
   * is tried on behind the caller's back. Rejects with `aborted` when `signal` aborts.
   */
  write(key: string, points: readonly string[], timestampMs: number, signal: AbortSignal): Promise<void>
}
