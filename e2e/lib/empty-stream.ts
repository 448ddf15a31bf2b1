import { elasticsearch } from '@logpipe/testkit'

/** Deletes the documents of a data stream, as far as a server can that deletes no data stream: an empty write index stays. */
export async function emptyStream(node: string, stream: string): Promise<void> {
  const rolled = await elasticsearch<{ new_index: string }>(node, 'POST', `/${stream}/_rollover`).catch(() => null)
  if (rolled === null) return
  const path = `/_cat/indices/.ds-${stream}-*?format=json&h=index&expand_wildcards=all`
  const all = await elasticsearch<{ index: string }[]>(node, 'GET', path).catch(() => [])
  for (const { index } of all) {
    if (index !== rolled.new_index) await elasticsearch(node, 'DELETE', `/${index}`).catch(() => undefined)
  }
}

/** Deletes the indices that this wildcard matches, and the template that our setup made for them. */
export async function dropIndices(node: string, wildcard: string): Promise<void> {
  const template = `logpipe-${wildcard.replaceAll('*', 'x')}`
  await elasticsearch(node, 'DELETE', `/_index_template/${template}`).catch(() => undefined)
  const path = `/_cat/indices/${wildcard}?format=json&h=index`
  const found = await elasticsearch<{ index: string }[]>(node, 'GET', path)
  for (const { index } of found) await elasticsearch(node, 'DELETE', `/${index}`)
}
