/**
 * Does all of these until `signal` aborts; the first that throws ends the others. Settles when all have ended; rejects with what the first one threw,
 * so that who begins anew never has a part of before still at work.
 */
export async function together(
  works: readonly ((signal: AbortSignal) => Promise<unknown>)[],
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController()
  const until = AbortSignal.any([signal, ending.signal])
  const failures: unknown[] = []
  const doOne = async (work: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
    try {
      await work(until)
    } catch (error) {
      failures.push(error)
      ending.abort()
    }
  }
  await Promise.all(works.map(doOne))
  if (failures.length > 0) throw failures[0]
}
