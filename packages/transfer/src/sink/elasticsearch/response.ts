import { LogpipeError } from '@logpipe/runtime'
import { fateOf, isDoubtful, isOverload } from '../outcome.ts'
import { allAccepted, type Outcome, type Rejection } from '../sink.ts'

/** What of a bulk response is asked for: `readBulkResponse` needs no more. */
export const bulkResponseFilter =
  'errors,items.*.status,items.*.failure_store,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason'

/** What Elasticsearch answers under that filter when every document is new: a fixed text, so a comparison reads it. */
const createdHead = Buffer.from('{"errors":false,"items":[')
const createdItem = '{"create":{"status":201}},'
const createdTail = Buffer.from(']}')
let createdItems = Buffer.from(createdItem.repeat(1_024))

/**
 * Reads the answer to a bulk of `count` creates. Throws `elasticsearch_unavailable` (nothing is known) where it is no JSON,
 * cut short, or does not speak of exactly `count` items.
 */
export function readBulkResponse(body: Buffer, count: number): Outcome {
  return isAllCreated(body, count) ? allAccepted(count) : readItems(body, count)
}

/** Whether the response is, byte for byte, that of `count` created documents. Makes no object an item. */
function isAllCreated(body: Buffer, count: number): boolean {
  const itemsLength = count * createdItem.length - 1
  const end = createdHead.length + itemsLength
  if (body.length !== end + createdTail.length) return false
  if (createdItems.length < itemsLength) createdItems = Buffer.from(createdItem.repeat(count))
  return (
    body.compare(createdHead, 0, createdHead.length, 0, createdHead.length) === 0 &&
    body.compare(createdItems, 0, itemsLength, createdHead.length, end) === 0 &&
    body.compare(createdTail, 0, createdTail.length, end) === 0
  )
}

interface ItemError {
  type: string
  reason: string
}

/** A data stream with a failure store (newer servers, where it is switched on) answers 201 to what it cannot index, and keeps it there. */
const inFailureStore: ItemError = {
  type: 'failure_store',
  reason:
    'Elasticsearch could not index the document and put it into the failure store of its data stream, which says why.',
}

function readItems(body: Buffer, count: number): Outcome {
  const items = itemsOf(parse(body))
  if (items === null || items.length !== count) {
    throw broken(`it speaks of ${items?.length ?? 'no'} items instead of ${count}`)
  }
  const retry: number[] = []
  const rejected: Rejection[] = []
  const doubtful: Rejection[] = []
  let retryReason: string | null = null
  let existing = 0
  let isOverloaded = false
  for (let item = 0; item < count; item++) {
    const result = resultOf(items[item])
    if (result === null) throw broken(`item ${item} has no status`)
    const { status, error } = result
    const fate = error === inFailureStore ? 'rejected' : fateOf(status, error.type, error.reason)
    if (fate === 'existing') existing++
    if (fate === 'rejected') rejected.push({ item, ...error })
    if (fate === 'retry') {
      retry.push(item)
      if (isDoubtful(status, error.type)) doubtful.push({ item, ...error })
      isOverloaded ||= isOverload(status, error.type)
      retryReason ??= `${status} ${error.type}: ${error.reason}`
    }
  }
  return {
    accepted: count - retry.length - rejected.length,
    existing,
    retry,
    retryReason,
    rejected,
    ...(doubtful.length > 0 && { doubtful }),
    ...(isOverloaded && { isOverloaded }),
  }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw broken('it is no JSON', error)
  }
}

function itemsOf(response: unknown): unknown[] | null {
  const items = property(response, 'items')
  return Array.isArray(items) ? items : null
}

/** `{"create":{"status":400,"error":{…}}}` → status and error; null where there is no status. */
function resultOf(item: unknown): { status: number; error: ItemError } | null {
  const result = property(item, 'create')
  const status = property(result, 'status')
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return null
  if (property(result, 'failure_store') === 'used') return { status, error: inFailureStore }
  const error = property(result, 'error')
  const reason = text(property(error, 'reason'))
  const cause = text(property(property(error, 'caused_by'), 'reason'))
  return {
    status,
    error: { type: text(property(error, 'type')), reason: cause === '' ? reason : `${reason}: ${cause}` },
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function broken(what: string, cause?: unknown): LogpipeError {
  return new LogpipeError('elasticsearch_unavailable', `The answer to a bulk request is broken: ${what}`, {
    retriable: true,
    cause,
  })
}
