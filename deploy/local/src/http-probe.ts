/** Whether a GET of this URL answers with 2xx. Rejects while nobody answers. The connection is not kept. */
export async function answersWell(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { signal, headers: { connection: 'close' } })
  await response.arrayBuffer()
  return response.ok
}
