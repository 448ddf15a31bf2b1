import type { ProcessorSpec } from '@logpipe/config'
import type { PipelineEvent } from '../event.ts'
import type { Processor } from '../processor.ts'
import { underKey } from '../spec-error.ts'
import { timeFormat, type TimeFormat } from '../time/format.ts'
import { type Zone, zoneOf } from '../time/zone.ts'
import { isIp } from './ip.ts'
import { setRequest } from './request.ts'
import { digitsOf } from './takes.ts'

const noTime = { reason: 'the line does not begin with the time of an error log' }
const noLevel = { reason: 'no level stands behind the time' }

/** Where the header of the line ends and its content begins; or why it has none. */
type ReadHeader = (event: PipelineEvent, text: string) => number | { readonly reason: string }

/** Takes error logs of nginx and Apache apart; their times name no zone. */
export function makeErrorLog({ field, format, zone, content }: ProcessorSpec<'accessLog'>): Processor {
  const home = underKey('zone', () => zoneOf(zone))
  const read = format === 'nginxError' ? nginxHeader(home) : apacheHeader(home)
  const noText = { reason: `the field ${field} holds no text` }
  return {
    run(event) {
      const text = event.get(field)
      if (typeof text !== 'string') return noText
      const end = read(event, text)
      if (typeof end !== 'number') return end
      if (content !== undefined) event.set(content, text.slice(end))
      return null
    },
  }
}

/** `2015/05/17 10:05:03 [error] 1234#5678: *99 open() failed, client: 1.2.3.4, server: x, request: "GET / HTTP/1.1", host: "x"` */
function nginxHeader(zone: Zone): ReadHeader {
  const time = timeFormat('yyyy/MM/dd HH:mm:ss', zone)
  const timeLength = 'yyyy/MM/dd HH:mm:ss'.length
  return (event, text) => {
    const ms = time.parse(text.slice(0, timeLength), event.timestampMs)
    if (Number.isNaN(ms)) return noTime
    const level = /^ \[(\w{1,10})\] /.exec(text.slice(timeLength, timeLength + 16))
    if (level === null) return noLevel
    event.timestampMs = ms
    event.set('log.level', level[1] as string)
    let at = timeLength + level[0].length
    const ids = /^(\d{1,10})#(\d{1,10}): (?:\*(\d{1,15}) )?/.exec(text.slice(at, at + 45))
    if (ids !== null) {
      event.set('process.pid', Number(ids[1]))
      event.set('process.thread.id', Number(ids[2]))
      if (ids[3] !== undefined) event.set('nginx.error.connection_id', Number(ids[3]))
      at += ids[0].length
    }
    setNginxPairs(event, text, at)
    return at
  }
}

/** What nginx appends of the request that it was about. */
function setNginxPairs(event: PipelineEvent, text: string, at: number): void {
  const client = pairAfter(text, ', client: ', at)
  if (client !== null) setSource(event, client)
  const host = pairAfter(text, ', host: ', at) ?? pairAfter(text, ', server: ', at)
  if (host !== null && host !== '' && host !== '_') event.set('url.domain', host.replace(/:\d+$/, ''))
  const request = pairAfter(text, ', request: ', at)
  if (request !== null) setRequest(event, request, (target) => target)
  const referrer = pairAfter(text, ', referrer: ', at)
  if (referrer !== null) event.set('http.request.referrer', referrer)
}

/** Nginx escapes nothing here: a quote closes where the next pair follows, or nothing. */
const closingQuote = /"(?=$|, (?:subrequest|upstream|host|referrer): ")/g

/** The value behind the last `name` of the line: nginx appends them, and the message before may hold anything. */
function pairAfter(text: string, name: string, from: number): string | null {
  const at = text.lastIndexOf(name)
  if (at < from) return null
  const start = at + name.length
  if (text.charAt(start) === '"') {
    closingQuote.lastIndex = start + 1
    const end = closingQuote.exec(text)?.index ?? -1
    return end < 0 ? null : text.slice(start + 1, end)
  }
  const end = text.indexOf(',', start)
  return text.slice(start, end < 0 ? text.length : end)
}

/** `[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client 1.2.3.4:80] AH00123: …`, and that of 2.2 */
function apacheHeader(zone: Zone): ReadHeader {
  const formats = ['EEE MMM d HH:mm:ss.SSSSSS yyyy', 'EEE MMM d HH:mm:ss yyyy'].map((one) => timeFormat(one, zone))
  return (event, text) => {
    const timeEnd = text.startsWith('[') ? text.indexOf('] [') : -1
    if (timeEnd < 0 || timeEnd > 40) return noTime
    const ms = firstTime(formats, text.slice(1, timeEnd), event.timestampMs)
    if (Number.isNaN(ms)) return noTime
    const levelEnd = text.indexOf(']', timeEnd + 3)
    if (levelEnd < 0 || levelEnd > timeEnd + 60) return noLevel
    event.timestampMs = ms
    const [module, newLevel] = text.slice(timeEnd + 3, levelEnd).split(':') as [string, string?]
    const level = newLevel ?? module
    event.set('log.level', level)
    if (level !== module && module !== '') event.set('apache.error.module', module)
    // 2.4 names a module, mostly, and always the client's port.
    return afterApacheParts(event, text, levelEnd + 1, newLevel !== undefined)
  }
}

function firstTime(formats: readonly TimeFormat[], text: string, nearMs: number): number {
  for (const format of formats) {
    const ms = format.parse(text, nearMs)
    if (!Number.isNaN(ms)) return ms
  }
  return Number.NaN
}

/** Reads `[pid …]` and `[client …]`; returns where the content begins: with the client, as people read it. */
function afterApacheParts(event: PipelineEvent, text: string, from: number, hasPort: boolean): number {
  let at = from
  let contentAt = -1
  let hasClient = false
  for (;;) {
    const end = text.startsWith(' [', at) ? text.indexOf(']', at) : -1
    const part = end < 0 ? '' : text.slice(at + 2, end)
    const isPeer = part.startsWith('client ') || part.startsWith('remote ')
    if (part.startsWith('pid ')) setProcess(event, part.slice(4))
    else if (contentAt < 0) contentAt = text.startsWith(' ', at) ? at + 1 : at
    if (part.startsWith('client ')) {
      // Of several the first is Apache's own.
      if (!hasClient) setSource(event, part.slice(7), hasPort)
      hasClient = true
    } else if (!isPeer && !part.startsWith('pid ')) return contentAt
    at = end + 1
  }
}

function setProcess(event: PipelineEvent, ids: string): void {
  const [pid = '', tid = ''] = ids.split(':tid ')
  if (digitsOf(pid) >= 0) event.set('process.pid', digitsOf(pid))
  if (digitsOf(tid) >= 0) event.set('process.thread.id', digitsOf(tid))
}

/** An address, with a port or without; `hasPort`: the end of one of IPv6 that could be a port is one. */
function setSource(event: PipelineEvent, peer: string, hasPort = false): void {
  const last = peer.lastIndexOf(':')
  const isAlone = isIp(peer) && !(hasPort && last >= 0 && isIp(peer.slice(0, last)))
  const colon = isAlone ? -1 : last
  const port = colon < 0 ? -1 : digitsOf(peer.slice(colon + 1))
  const address = port < 0 ? peer : peer.slice(0, colon).replace(/^\[|\]$/g, '')
  event.set('source.address', address)
  if (isIp(address)) event.set('source.ip', address)
  if (port >= 0) event.set('source.port', port)
}
