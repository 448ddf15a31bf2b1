import type { PipelineEvent } from '../event.ts'
import { unescape } from './unescape.ts'

const space = 0x20
const maxMethodLength = 24
const longestVersion = ' HTTP/1.1'.length

/** Takes `GET /path HTTP/1.1` apart. What is no request of HTTP (`-`, TLS sent to a plain port) sets nothing; the message has it. `plain`: the target without its escapes. */
export function setRequest(event: PipelineEvent, request: string, plain = unescape): void {
  const methodEnd = methodEndOf(request)
  if (methodEnd < 0) return
  // A target with blanks is wrong and comes; the version is behind the last one.
  const versionAt = request.lastIndexOf(' HTTP/')
  const hasVersion = versionAt >= methodEnd && request.length - versionAt <= longestVersion
  event.set('http.request.method', request.slice(0, methodEnd))
  const targetEnd = hasVersion ? versionAt : request.length
  if (targetEnd > methodEnd + 1) event.set('url.original', plain(request.slice(methodEnd + 1, targetEnd)))
  if (hasVersion) event.set('http.version', request.slice(versionAt + 6))
}

/** Where the method ends: capitals, `-` and `_` before a blank; −1 where it is none. */
function methodEndOf(request: string): number {
  for (let i = 0; i < request.length && i <= maxMethodLength; i++) {
    const code = request.charCodeAt(i)
    if (code === space) return i > 0 ? i : -1
    if ((code < 0x41 || code > 0x5a) && code !== 0x2d && code !== 0x5f) return -1
  }
  return -1
}
