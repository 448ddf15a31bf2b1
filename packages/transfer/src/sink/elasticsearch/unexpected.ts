import { LogpipeError } from '@logpipe/runtime'
import { errorReason } from './bulk.ts'
import type { ElasticsearchResponse } from './client.ts'

/** The error of an answer that `setup` cannot go on with; `what`: method and path. */
export function unexpected(what: string, { status, body }: ElasticsearchResponse): LogpipeError {
  const reason = errorReason(body)
  const advice = adviceFor(status, reason ?? '')
  const message = `Elasticsearch answered ${what} with ${status}${reason === null ? '' : ` (${reason})`}${advice}`
  const final = status === 400
  return new LogpipeError(final ? 'elasticsearch_rejected' : 'elasticsearch_unavailable', message, {
    retriable: !final,
  })
}

function adviceFor(status: number, reason: string): string {
  if (status === 401 || status === 403) {
    return '. Check user name, password or API key and its rights (monitor, manage_index_templates), or set `setup: false`'
  }
  if (status >= 300 && status <= 399) {
    return ', a redirect. Give the address that it leads to in elasticsearch.nodes; often that is the same one with https'
  }
  return reason.includes('same priority')
    ? '. Give that one another priority, or set `setup: false` to do without ours'
    : ''
}
