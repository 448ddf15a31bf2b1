import { EventEmitter } from 'node:events'

/**
 * Ends a stream from our side; nobody hears of it any more.
 *
 * NOTE: the library listens to the errors of its streams and takes that of a cancelled one for a failure of the member: it closes all connections to
 * it, and with them, at the next keep-alive ping, every other watch.
 */
export function cancelStream(stream: { cancel(): void }): void {
  // It is one, whatever little of it the library's types tell.
  if (stream instanceof EventEmitter) {
    stream.removeAllListeners('error')
    // The error still comes, and would be unhandled.
    stream.on('error', () => {})
  }
  stream.cancel()
}
