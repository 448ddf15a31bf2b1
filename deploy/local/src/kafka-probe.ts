import { connect } from 'node:net'

const metadataKey = 3
const metadataVersion = 4
const clientId = Buffer.from('logpipe-stack')

/** The ids of the brokers that the broker on this port of loopback knows. Rejects while it does not answer. */
export function listBrokerIds(port: number, signal: AbortSignal): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', signal })
    let answer = Buffer.alloc(0)
    socket.once('connect', () => socket.write(metadataRequest()))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('The broker closed the connection before it answered.')))
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return
      resolve(parseBrokerIds(answer))
      socket.destroy()
    })
  })
}

/** size | api key | version | correlation id | client id | topics: none | create topics: no. */
function metadataRequest(): Buffer {
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length + 4 + 1)
  let at = request.writeInt32BE(request.length - 4, 0)
  at = request.writeInt16BE(metadataKey, at)
  at = request.writeInt16BE(metadataVersion, at)
  at = request.writeInt32BE(1, at)
  at = request.writeInt16BE(clientId.length, at)
  at += clientId.copy(request, at)
  at = request.writeInt32BE(0, at)
  request.writeInt8(0, at)
  return request
}

/** size | correlation id | throttle ms | brokers: [node id | host | port | rack or null] | … */
function parseBrokerIds(answer: Buffer): number[] {
  const ids: number[] = []
  let at = 12
  const count = answer.readInt32BE(at)
  at += 4
  for (let i = 0; i < count; i++) {
    ids.push(answer.readInt32BE(at))
    at += 4
    at += 2 + answer.readInt16BE(at)
    at += 4
    at += 2 + Math.max(0, answer.readInt16BE(at))
  }
  return ids
}
